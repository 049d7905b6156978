"""The roster of a shared view, merged from what processes say."""

from viewer.core.shared_presence import EXPIRY_S, LOST_S, Present, Roster, unpacked


def here(person: str, condition: str = "in step", seat: str = "") -> Present:
    return Present(seat or f"seat of {person}", person, person.title(), condition)


def conditions(roster: Roster, presenter: str = "alice") -> dict[str, str]:
    return {row["person"]: row["condition"] for row in roster.rows(presenter)}


def test_people_of_several_processes_are_one_list_by_name_and_a_person_with_two_windows_one_row() -> None:
    roster = Roster(0.0)
    roster.hear("p1", [here("carol"), here("alice", "elsewhere", "a1")], 1.0)
    roster.hear("p2", [here("bob", "behind"), here("alice", "in step", "a2")], 1.0)
    assert roster.rows("alice") == [
        {"person": "alice", "name": "Alice", "condition": "in step", "is_presenter": True},
        {"person": "bob", "name": "Bob", "condition": "behind", "is_presenter": False},
        {"person": "carol", "name": "Carol", "condition": "in step", "is_presenter": False},
    ]
    assert roster.present() == {"alice", "bob", "carol"}


def test_who_leaves_is_gone_and_who_loses_the_line_is_lost_for_a_minute() -> None:
    roster = Roster(0.0)
    roster.hear("p1", [here("alice"), here("bob"), here("carol")], 1.0)
    roster.hear("p1", [here("alice"), here("bob", "lost")], 2.0)
    assert conditions(roster) == {"alice": "in step", "bob": "lost"}
    assert roster.present() == {"alice"}
    roster.hear("p1", [here("alice")], LOST_S)
    assert conditions(roster)["bob"] == "lost", "its process says so only for a while"
    roster.hear("p1", [here("alice")], 2.0 + LOST_S + 0.1)
    assert conditions(roster) == {"alice": "in step"}


def test_who_comes_back_elsewhere_is_not_lost() -> None:
    roster = Roster(0.0)
    roster.hear("p1", [here("alice")], 1.0)
    roster.hear("p1", [here("alice", "lost")], 2.0)
    assert roster.absent_s("alice", 2.5) == 0.5
    roster.hear("p2", [here("alice", "loading")], 3.0)
    assert conditions(roster) == {"alice": "loading"}
    assert roster.absent_s("alice", 3.5) is None


def test_a_process_that_says_nothing_more_takes_its_people_along() -> None:
    roster = Roster(0.0)
    roster.hear("p1", [here("alice"), here("carol")], 10.0)
    roster.hear("p2", [here("bob")], 15.9)
    roster.expire(10.0 + EXPIRY_S)
    assert roster.present() == {"alice", "bob", "carol"}
    roster.expire(10.1 + EXPIRY_S)
    assert conditions(roster) == {"alice": "lost", "bob": "in step", "carol": "lost"}
    assert roster.absent_s("alice", 10.1 + EXPIRY_S) == EXPIRY_S + 0.1 - 1e-15 or roster.absent_s("alice", 16.1) > EXPIRY_S  # type: ignore[operator]
    roster.hear("p1", [here("alice")], 17.0)
    assert conditions(roster)["alice"] == "in step", "it was only slow"


def test_nobody_expires_while_processes_cannot_hear_each_other() -> None:
    roster = Roster(0.0)
    roster.hear("p1", [here("alice")], 1.0)
    for now in range(2, 60, 2):
        roster.go_on(float(now))
        roster.expire(float(now))
    assert roster.absent_s("alice", 60.0) is None
    roster.expire(58.0 + EXPIRY_S + 0.1)
    assert roster.absent_s("alice", 65.0) == 7.0


def test_who_was_never_seen_is_away_since_the_roster_began() -> None:
    assert Roster(5.0).absent_s("alice", 7.5) == 2.5


def test_a_roster_is_bounded() -> None:
    roster = Roster(0.0)
    roster.hear("p1", unpacked([here(f"person {number}").packed() for number in range(3000)]), 1.0)
    assert len(roster.present()) == 1024
    for number in range(3000):
        roster.hear("p2", [here(f"passer-by {number}")], 2.0)
    assert len(roster._seen_at) <= 1024
