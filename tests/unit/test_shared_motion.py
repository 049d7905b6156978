"""Motion of a shared view: the newest wins, and what rests is written down."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from viewer.core.shared_motion import FLUSH_S, REST_S, SAVE_S, Checkpoints, Motion, MotionSlots, merged


def motion(pane: int = 0, **said: object) -> Motion:
    return {"pane": pane, "hang": 1, "active": 0, "by": "alice", "seat": "s"} | said


def test_two_motions_of_a_pane_are_one_that_says_what_either_says_and_the_newer_wins() -> None:
    older, newer = motion(view="v1", pointer="p1", t=1), motion(pointer=None, t=2)
    assert merged(older, newer) == motion(view="v1", pointer=None, t=2)
    assert merged(None, newer) == newer


def test_S17_nothing_of_another_hang_is_left_in_a_motion() -> None:
    older, newer = motion(view="v1", pointer="p1"), motion(pointer="p2") | {"hang": 2}
    assert merged(older, newer) == newer


def test_a_slot_holds_one_motion_a_pane_and_gives_it_at_most_sixty_times_a_second() -> None:
    slots = MotionSlots()
    assert (slots.due_at(), slots.take(0.0)) == (None, [])
    slots.put(motion(0, view="a"))
    slots.put(motion(0, view="b"))
    slots.put(motion(1, view="c"))
    assert [each["view"] for each in slots.take(10.0)] == ["b", "c"]
    slots.put(motion(0, view="d"))
    assert slots.take(10.0 + FLUSH_S / 2) == []
    assert slots.due_at() == 10.0 + FLUSH_S
    assert [each["view"] for each in slots.take(10.0 + FLUSH_S)] == ["d"]
    slots.put(motion(0, view="e"))
    slots.clear()
    assert slots.take(99.0) == []


def saves_of(moves: list[float], until: float) -> list[float]:
    """Return when a pane that moves at these times is written down, by a clock that is looked at every millisecond."""
    points, saved, left = Checkpoints(), [], sorted(moves)
    for tick in range(int(until * 1000)):
        now = tick / 1000
        while left and left[0] <= now:
            points.moved(motion(view=left.pop(0)), now)
        due = points.due_at()
        taken = points.take(now)
        assert bool(taken) == (due is not None and due <= now)
        saved += [now] * len(taken)
    return saved


def test_a_hand_that_rests_is_written_down_once() -> None:
    assert saves_of([0.0, 0.05, 0.1], 2.0) == [0.1 + REST_S]


def test_a_hand_that_goes_on_is_written_down_every_400_ms_and_when_it_rests() -> None:
    saved = saves_of([each / 100 for each in range(101)], 3.0)  # from 0 to 1 s
    assert len(saved) == 3
    assert abs(saved[0] - SAVE_S) < 0.02
    assert abs(saved[1] - 2 * SAVE_S) < 0.03
    assert saved[2] >= 1.0 + REST_S


@given(st.lists(st.floats(0, 3), max_size=60))
def test_the_last_motion_is_always_written_down_soon_and_two_events_are_never_closer_than_400_ms(moves: list[float]) -> None:
    saved = saves_of(moves, 4.0)
    assert bool(saved) == bool(moves)
    assert all(later - earlier >= SAVE_S - 0.001 for earlier, later in pairwise(saved))
    if moves:
        assert max(moves) <= saved[-1] <= max(moves) + SAVE_S + 0.002


def test_pointers_are_not_written_down_and_what_failed_is_tried_again_unless_it_moved_on() -> None:
    points = Checkpoints()
    points.moved(motion(pointer="p"), 0.0)
    assert points.due_at() is None
    points.moved(motion(view="a"), 0.0)
    (failed,) = points.take(1.0)
    points.try_again(failed, 1.0)
    assert points.due_at() == 1.0 + SAVE_S
    (failed,) = points.take(9.0)
    points.moved(motion(view="b"), 9.1)
    points.try_again(failed, 9.2)
    assert [each["view"] for each in points.take(9.2, everything=True)] == ["b"]
    points.moved(motion(view="c"), 9.3)
    points.clear()
    assert points.due_at() is None
