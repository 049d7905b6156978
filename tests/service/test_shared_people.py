"""The people of shared views: an invitation gives this study to this person until the end, never more than the inviter may see."""

from typing import Any

import pytest

from governance.core.faults import Denied, Exhausted, Mismatch, NotFound, Unidentified
from governance.core.policy import ANONYMOUS, Subject
from governance.models import User
from governance.services import access
from tests.conftest import Actor, make_actor
from tests.shared_case import Case, act, audited
from viewer.core.shared_messages import End, HandOver, Hang
from viewer.services import shared_people
from viewer.services.shared_people import invite, my_shared_views, remove_person, show_withheld
from viewer.services.shared_views import (
    SharedHead,
    departments_of,
    end_shared_view,
    head_of,
    join_shared_view,
    open_shared_view,
    visible_studies,
)

pytestmark = pytest.mark.django_db


def now(actor: Actor) -> Subject:
    """Return someone's subject with what they were invited to meanwhile."""
    return access.subject_of_user(User.objects.get(username=actor.username))


def sees(actor: Actor, *cases: Case) -> list[bool]:
    studies = [case.study for case in cases]
    seen = visible_studies(actor=now(actor), departments=departments_of(studies))
    return [study in seen for study in studies]


# --- inviting ---


def test_an_invitation_gives_what_hangs_until_the_end(shared: SharedHead, alice: Actor, charlie: Actor, ct: Case, echo: Case):
    assert sees(charlie, ct) == [False]
    people = invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    assert [(person.username, person.how) for person in people] == [("alice", "opened"), ("charlie", "invited")]
    assert sees(charlie, ct, echo) == [True, False]
    join_shared_view(actor=now(charlie), key=shared.key)
    end_shared_view(actor=alice.subject, key=shared.key)
    assert sees(charlie, ct) == [False]
    assert [(actor, facts["user"]) for actor, _, facts in audited("shared view invitation")] == [("alice", "charlie")]
    assert [(study, facts["context"]) for _, study, facts in audited("invited")] == [(ct.study, f"shared view {shared.pk}")]
    assert [facts["users"] for _, _, facts in audited("invitation ended")] == [["charlie"]]


def test_every_study_that_hangs_is_part_of_it_and_the_end_by_its_presenter_too(alice: Actor, charlie: Actor, ct: Case, echo: Case):
    shared = open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane(), echo.pane()])
    invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    assert sees(charlie, ct, echo) == [True, True]
    act(alice, shared, End())
    assert sees(charlie, ct, echo) == [False, False]


def test_what_hangs_later_is_not_part_of_it(shared: SharedHead, alice: Actor, charlie: Actor, ct: Case, other_patient: Case):
    invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(),)))
    assert sees(charlie, ct, other_patient) == [True, False]


def test_nobody_hands_on_what_they_were_invited_to(shared: SharedHead, alice: Actor, charlie: Actor, ct: Case):
    dora = make_actor("dora", "clinician")
    invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    people = invite(actor=now(charlie), key=shared.key, usernames=["dora"])  # takes part, and sees that something is withheld
    assert [person.username for person in people] == ["alice", "charlie", "dora"]
    assert sees(dora, ct) == [False]


def test_the_inviter_gives_as_much_as_they_may_see(alice: Actor, bob: Actor, charlie: Actor, ct: Case, echo: Case):
    shared = open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane(), echo.pane()])
    join_shared_view(actor=bob.subject, key=shared.key)
    invite(actor=bob.subject, key=shared.key, usernames=["charlie"])
    assert sees(charlie, ct, echo) == [True, False]


def test_all_are_invited_or_none(shared: SharedHead, alice: Actor, charlie: Actor, ct: Case):
    make_actor("modality", "service", "radiology")
    make_actor("root", "administrator")
    gone = make_actor("gone", "radiologist", "radiology")
    User.objects.filter(pk=gone.user.pk).update(is_active=False)
    for nobody in ("modality", "root", "gone", "nobody"):
        with pytest.raises(NotFound):
            invite(actor=alice.subject, key=shared.key, usernames=["charlie", nobody])
    assert sees(charlie, ct) == [False]
    assert head_of(pk=shared.pk).people_version == 0
    assert my_shared_views(actor=charlie.subject) == []


def test_who_takes_no_part_invites_nobody(shared: SharedHead, bob: Actor, charlie: Actor, ct: Case):
    for actor, key, fault in (
        (bob.subject, shared.key, NotFound),
        (charlie.subject, shared.key, NotFound),
        (bob.subject, "x" * 22, NotFound),
        (ANONYMOUS, shared.key, Unidentified),
    ):
        with pytest.raises(fault):
            invite(actor=actor, key=key, usernames=["charlie"])
    assert sees(charlie, ct) == [False]


def test_inviting_again_changes_nothing_but_the_version(shared: SharedHead, alice: Actor, bob: Actor):
    for _ in range(2):
        people = invite(actor=alice.subject, key=shared.key, usernames=["bob", "bob", "alice"])
        assert [(person.username, person.how) for person in people] == [("alice", "opened"), ("bob", "invited")]
    assert head_of(pk=shared.pk).people_version == 2
    assert len(audited("shared view invitation")) == 1


def test_who_came_by_the_link_and_is_invited_then_finds_it_in_their_list(shared: SharedHead, alice: Actor, bob: Actor):
    join_shared_view(actor=bob.subject, key=shared.key)
    assert my_shared_views(actor=bob.subject) == []
    invite(actor=alice.subject, key=shared.key, usernames=["bob"])
    assert [card.key for card in my_shared_views(actor=bob.subject)] == [shared.key]
    join_shared_view(actor=bob.subject, key=shared.key)
    assert len(audited("shared view joined")) == 1


def test_a_shared_view_takes_so_many(monkeypatch: pytest.MonkeyPatch, shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor):
    monkeypatch.setattr(shared_people, "MAX_PEOPLE", 2)
    with pytest.raises(Exhausted):
        invite(actor=alice.subject, key=shared.key, usernames=["bob", "charlie"])
    assert [person.username for person in invite(actor=alice.subject, key=shared.key, usernames=["bob"])] == ["alice", "bob"]


# --- showing what is withheld ---


def test_the_presenter_lets_people_see_what_hangs(shared: SharedHead, alice: Actor, charlie: Actor, ct: Case, other_patient: Case):
    join_shared_view(actor=charlie.subject, key=shared.key)
    act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(),)))
    show_withheld(actor=alice.subject, key=shared.key, usernames=["charlie"])
    assert sees(charlie, ct, other_patient) == [False, True]
    assert head_of(pk=shared.pk).people_version == 1
    end_shared_view(actor=alice.subject, key=shared.key)
    assert sees(charlie, other_patient) == [False]


def test_nobody_else_does_nor_for_others_nor_more_than_theirs(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor, ct: Case):
    join_shared_view(actor=bob.subject, key=shared.key)
    with pytest.raises(NotFound):  # charlie isn't here
        show_withheld(actor=alice.subject, key=shared.key, usernames=["charlie"])
    join_shared_view(actor=charlie.subject, key=shared.key)
    with pytest.raises(Denied):
        show_withheld(actor=bob.subject, key=shared.key, usernames=["charlie"])
    dora = make_actor("dora", "clinician")
    invite(actor=alice.subject, key=shared.key, usernames=["dora"])
    act(alice, shared, HandOver("dora"))
    with pytest.raises(Denied):  # dora was invited to it herself
        show_withheld(actor=now(dora), key=shared.key, usernames=["charlie"])
    assert sees(charlie, ct) == [False]


# --- removing ---


def test_who_is_removed_sees_nothing_more_and_cannot_come_back(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor, ct: Case):
    invite(actor=alice.subject, key=shared.key, usernames=["bob", "charlie"])
    join_shared_view(actor=now(charlie), key=shared.key)
    remove_person(actor=alice.subject, key=shared.key, username="charlie")
    assert sees(charlie, ct) == [False]
    assert sees(bob, ct) == [True]
    with pytest.raises(NotFound):
        join_shared_view(actor=now(charlie), key=shared.key)
    with pytest.raises(NotFound):  # a second time
        remove_person(actor=alice.subject, key=shared.key, username="charlie")
    assert my_shared_views(actor=charlie.subject) == []
    assert head_of(pk=shared.pk).people_version == 2
    assert [(actor, facts["user"]) for actor, _, facts in audited("shared view person removed")] == [("alice", "charlie")]
    with pytest.raises(Denied):  # bob may invite, but not undo that
        invite(actor=bob.subject, key=shared.key, usernames=["charlie"])
    invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    join_shared_view(actor=now(charlie), key=shared.key)
    assert sees(charlie, ct) == [True]
    assert len(audited("shared view joined")) == 2


def test_presenter_and_opener_remove_but_neither_themselves_nor_the_opener(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor):
    for person in (bob, charlie):
        join_shared_view(actor=person.subject, key=shared.key)
    with pytest.raises(Denied):
        remove_person(actor=bob.subject, key=shared.key, username="charlie")
    act(alice, shared, HandOver("bob"))
    for username in ("bob", "alice"):
        with pytest.raises(Mismatch):
            remove_person(actor=bob.subject, key=shared.key, username=username)
    remove_person(actor=bob.subject, key=shared.key, username="charlie")
    remove_person(actor=alice.subject, key=shared.key, username="bob")
    with pytest.raises(NotFound):
        act(bob, shared, End())


# --- what one is invited to ---


def test_the_list_names_people_and_the_study_where_it_may_be_seen(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor, ct: Case):
    User.objects.filter(username="alice").update(full_name="Alice Archer")
    invite(actor=alice.subject, key=shared.key, usernames=["bob"])
    join_shared_view(actor=bob.subject, key=shared.key)
    invite(actor=bob.subject, key=shared.key, usernames=["charlie"])
    act(alice, shared, HandOver("bob"))
    for actor in (alice, bob, charlie):
        [card] = my_shared_views(actor=now(actor))
        assert (card.opened_by, card.opened_by_name, card.presenter, card.presenter_name) == ("alice", "Alice Archer", "bob", "bob")
        assert card.study is not None
        assert card.study.study_instance_uid == ct.study


def test_what_is_withheld_is_listed_without_a_study(shared: SharedHead, alice: Actor, charlie: Actor, other_patient: Case):
    invite(actor=alice.subject, key=shared.key, usernames=["charlie"])
    act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(),)))
    [card] = my_shared_views(actor=now(charlie))
    assert card.study is None
    assert "Olga" not in repr(card)


def test_the_list_costs_the_same_for_many(alice: Actor, bob: Actor, ct: Case, django_assert_max_num_queries: Any):
    keys = []
    for _ in range(6):
        keys.append(open_shared_view(actor=alice.subject, study_instance_uid=ct.study).key)
        invite(actor=alice.subject, key=keys[-1], usernames=["bob"])
    my_shared_views(actor=bob.subject)  # looks for forgotten ones now, and not again so soon
    with django_assert_max_num_queries(3):
        assert [card.key for card in my_shared_views(actor=bob.subject)] == keys[::-1]


def test_machines_and_nobody_have_no_list(shared: SharedHead):
    with pytest.raises(NotFound):
        my_shared_views(actor=make_actor("modality", "service").subject)
    with pytest.raises(Unidentified):
        my_shared_views(actor=ANONYMOUS)
