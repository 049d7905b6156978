"""Shared views: who may open, join and steer them, and what is audited. Beside it: test_shared_log.py and test_shared_people.py."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.core.faults import Denied, Exhausted, Malformed, Mismatch, NotFound, Unidentified
from governance.core.policy import ANONYMOUS
from governance.models import AuditEntry
from governance.services import access
from tests.conftest import Actor, make_actor
from tests.shared_case import Case, act, audited, look
from viewer.core.shared_messages import Deed, End, HandOver, Hang, TakeOver
from viewer.core.shared_view import HungPane, fold_all
from viewer.models import SharedView
from viewer.services import shared_views
from viewer.services.shared_views import SharedHead, events_since, head_of, join_shared_view, open_shared_view

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_denial_is_recorded(db: None):
    access._denials.clear()


# --- opening ---


def test_opening_hangs_what_was_given_and_is_audited(alice: Actor, ct: Case, echo: Case):
    head = open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane(look(3)), echo.pane()], active=1)
    [event] = events_since(pk=head.pk, number=0)
    assert (event["kind"], event["number"], event["actor"]) == ("opened", 1, "alice")
    assert (head.number, head.hang_number, head.people_version, head.is_ended) == (1, 1, 0, False)
    assert head.state == fold_all([event])
    assert head == head_of(pk=head.pk)
    assert (head.state["presenter"], head.state["study"], head.state["active"]) == ("alice", ct.study, 1)
    assert head.state["panes"] == [ct.pane(look(3)), echo.pane()]
    [(actor, study, facts)] = audited("shared view opened")
    assert (actor, study, facts["shared_view"]) == ("alice", ct.study, head.pk)


def test_only_people_who_may_read_the_study_open_one(ct: Case, alice: Actor, charlie: Actor):
    machine = make_actor("modality", "service", "radiology")
    root = make_actor("root", "administrator", "radiology")
    for subject, fault in ((charlie.subject, NotFound), (machine.subject, NotFound), (root.subject, NotFound), (ANONYMOUS, Unidentified)):
        with pytest.raises(fault):
            open_shared_view(actor=subject, study_instance_uid=ct.study)
    with pytest.raises(NotFound):
        open_shared_view(actor=alice.subject, study_instance_uid="1.2.3.4")
    assert SharedView.objects.count() == 0
    assert [(actor, study) for actor, study, _ in audited("read") if study] == [("charlie", ct.study)]


def test_what_hangs_is_of_one_patient_readable_and_where_it_says(alice: Actor, bob: Actor, ct: Case, echo: Case, other_patient: Case):
    def opening(actor: Actor, *panes: HungPane | None) -> Callable[[], SharedHead]:
        return lambda: open_shared_view(actor=actor.subject, study_instance_uid=ct.study, panes=panes)

    with pytest.raises(Mismatch):
        opening(alice, ct.pane(), other_patient.pane())()
    for wrong in (opening(bob, ct.pane(), echo.pane()), opening(alice, Case(ct.study, echo.series).pane())):
        with pytest.raises(NotFound):
            wrong()
    with pytest.raises(NotFound):
        opening(alice, Case(ct.study, "1.2.3").pane())()
    assert opening(alice, ct.pane(), None)().state["panes"] == [ct.pane(), None]


def test_a_person_opens_so_many_at_once(monkeypatch: pytest.MonkeyPatch, alice: Actor, bob: Actor, ct: Case, shared: SharedHead):
    monkeypatch.setattr(shared_views, "MAX_OPEN", 1)
    with pytest.raises(Exhausted):
        open_shared_view(actor=alice.subject, study_instance_uid=ct.study)
    open_shared_view(actor=bob.subject, study_instance_uid=ct.study)
    shared_views.end_shared_view(actor=alice.subject, key=shared.key)
    open_shared_view(actor=alice.subject, study_instance_uid=ct.study)


def test_a_patient_is_named_by_digits_that_are_theirs_and_tell_nothing(
    settings: Any, alice: Actor, ct: Case, echo: Case, other_patient: Case
):
    def patient(case: Case) -> str:
        return str(open_shared_view(actor=alice.subject, study_instance_uid=case.study).state["patient"])

    assert patient(ct) == patient(echo) != patient(other_patient)
    before = patient(ct)
    assert len(before) == 16
    assert int(before, 16) > 0
    settings.SECRET_KEY = "another installation"
    assert patient(ct) != before


# --- joining ---


def test_the_link_lets_people_in_and_their_first_coming_is_audited(shared: SharedHead, bob: Actor, charlie: Actor):
    for _ in range(2):
        assert join_shared_view(actor=bob.subject, key=shared.key) == shared
    join_shared_view(actor=charlie.subject, key=shared.key)  # who may see nothing of it takes part all the same
    facts = [(actor, facts["shared_view"], facts["how"]) for actor, _, facts in audited("shared view joined")]
    assert facts == [("bob", shared.pk, "link"), ("charlie", shared.pk, "link")]


def test_unknown_and_ended_look_the_same(shared: SharedHead, alice: Actor, bob: Actor):
    join_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, End())
    for key in (shared.key, "x" * 22):
        for enter in (join_shared_view, shared_views.check_shared_view):
            with pytest.raises(NotFound):
                enter(actor=bob.subject, key=key)


def test_machines_and_who_reads_nothing_do_not_join(shared: SharedHead):
    for role in ("service", "administrator"):
        for enter in (join_shared_view, shared_views.check_shared_view):
            with pytest.raises(NotFound):
                enter(actor=make_actor(role, role, "radiology").subject, key=shared.key)
    with pytest.raises(Unidentified):
        shared_views.check_shared_view(actor=ANONYMOUS, key=shared.key)


def test_a_shared_view_holds_so_many_people(monkeypatch: pytest.MonkeyPatch, shared: SharedHead, bob: Actor, charlie: Actor):
    monkeypatch.setattr(shared_views, "MAX_PEOPLE", 2)
    join_shared_view(actor=bob.subject, key=shared.key)
    with pytest.raises(Exhausted):
        join_shared_view(actor=charlie.subject, key=shared.key)
    join_shared_view(actor=bob.subject, key=shared.key)


# --- who may what ---


def test_the_presenter_hangs_and_another_study_is_audited(shared: SharedHead, alice: Actor, ct: Case, other_patient: Case):
    first = act(alice, shared, Hang(ct.study, 0, (ct.pane(look(1)), None)))
    second = act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(),)))
    assert [event["number"] for event in (first, second)] == [2, 3]
    head = head_of(pk=shared.pk)
    assert (head.number, head.hang_number, head.state["study"]) == (3, 3, other_patient.study)
    assert head.state["patient"] != shared.state["patient"]
    assert [(study, facts["shared_view"]) for _, study, facts in audited("shared view hung")] == [(other_patient.study, shared.pk)]
    act(alice, shared, Hang(None, 0, (None,)))
    assert head_of(pk=shared.pk).state["patient"] is None


def test_nothing_hangs_that_the_presenter_may_not_read(
    shared: SharedHead, alice: Actor, bob: Actor, ct: Case, echo: Case, other_patient: Case
):
    join_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, HandOver("bob"))
    for study, panes, fault in (
        (echo.study, (echo.pane(),), NotFound),
        (ct.study, (ct.pane(), echo.pane()), NotFound),
        ("1.2.3", (None,), NotFound),
        (ct.study, (other_patient.pane(),), Mismatch),
    ):
        with pytest.raises(fault):
            act(bob, shared, Hang(study, 0, panes))
    assert head_of(pk=shared.pk).number == 2
    assert ("bob", echo.study) in [(actor, study) for actor, study, _ in audited("read")]  # the denial


def test_whoever_does_not_present_does_not_steer(shared: SharedHead, bob: Actor, ct: Case):
    join_shared_view(actor=bob.subject, key=shared.key)
    deeds: list[Deed] = [Hang(ct.study, 0, (None,)), HandOver("bob"), HandOver("alice"), End()]
    for deed in deeds:
        with pytest.raises(Denied):
            act(bob, shared, deed)
    assert head_of(pk=shared.pk).number == 1


def test_whoever_takes_no_part_finds_nothing(shared: SharedHead, alice: Actor, bob: Actor, ct: Case):
    deeds: list[Deed] = [Hang(ct.study, 0, (None,)), HandOver("bob"), TakeOver("alice"), End()]
    for deed in deeds:
        with pytest.raises(NotFound):
            act(bob, shared, deed, absent_s=60)
    with pytest.raises(NotFound):
        shared_views.end_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, End())
    for deed in deeds:  # nothing follows the end
        with pytest.raises(NotFound):
            act(alice, shared, deed, absent_s=60)
    assert head_of(pk=shared.pk).number == 2


def test_a_hand_over_goes_to_someone_here_who_may_see_everything(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor):
    for nobody in ("bob", "alice", "nobody"):  # bob has not joined
        with pytest.raises(Mismatch):
            act(alice, shared, HandOver(nobody))
    for person in (bob, charlie):
        join_shared_view(actor=person.subject, key=shared.key)
    with pytest.raises(Mismatch):
        act(alice, shared, HandOver("bob"), present={"alice"})
    with pytest.raises(Denied):
        act(alice, shared, HandOver("charlie"))
    assert act(alice, shared, HandOver("bob"))["kind"] == "hand_over"
    assert head_of(pk=shared.pk).state["presenter"] == "bob"
    assert [(actor, facts["user"]) for actor, _, facts in audited("shared view handed over")] == [("alice", "bob")]


def test_a_take_over_waits_three_seconds_and_needs_sight_of_everything(shared: SharedHead, alice: Actor, bob: Actor, charlie: Actor):
    for person in (bob, charlie):
        join_shared_view(actor=person.subject, key=shared.key)
    for deed, absent_s in ((TakeOver("alice"), None), (TakeOver("alice"), 2.9), (TakeOver("charlie"), 60.0), (TakeOver("bob"), 60.0)):
        with pytest.raises(Mismatch):
            act(bob, shared, deed, absent_s=absent_s)
    with pytest.raises(Mismatch):
        act(alice, shared, TakeOver("alice"), absent_s=60)  # already presents
    with pytest.raises(Malformed):
        act(bob, shared, TakeOver("alice", "charlie"), absent_s=60)
    with pytest.raises(Denied):
        act(charlie, shared, TakeOver("alice"), absent_s=60)
    event = act(bob, shared, TakeOver("alice", "bob"), absent_s=3.0)
    assert (event["number"], event["actor"], event) == (2, "bob", event | {"presenter": "bob", "from": "alice"})
    with pytest.raises(Mismatch):  # said again
        act(bob, shared, TakeOver("alice"), absent_s=60)
    assert [(actor, facts["user"]) for actor, _, facts in audited("shared view taken over")] == [("bob", "alice")]


def test_presenter_and_opener_end_it(shared: SharedHead, alice: Actor, bob: Actor, ct: Case):
    join_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, HandOver("bob"))
    shared_views.end_shared_view(actor=alice.subject, key=shared.key)
    head = head_of(pk=shared.pk)
    assert (head.is_ended, head.state["ended"]) == (True, True)
    assert [(actor, facts["events"]) for actor, _, facts in audited("shared view ended")] == [("alice", 3)]
    other = open_shared_view(actor=alice.subject, study_instance_uid=ct.study)
    join_shared_view(actor=bob.subject, key=other.key)
    act(alice, other, HandOver("bob"))
    assert act(bob, other, End())["number"] == 3


def test_what_was_forgotten_ends_by_itself(monkeypatch: pytest.MonkeyPatch, shared: SharedHead, alice: Actor, ct: Case):
    fresh = open_shared_view(actor=alice.subject, study_instance_uid=ct.study)
    lively = open_shared_view(actor=alice.subject, study_instance_uid=ct.study)
    long_ago = timezone.now() - timedelta(hours=13)
    SharedView.objects.filter(pk__in=(shared.pk, lively.pk)).update(opened_at=long_ago)
    SharedView.objects.filter(pk=shared.pk).update(changed_at=long_ago)
    assert shared_views.end_forgotten(at_once=True) == 1
    assert [head_of(pk=head.pk).is_ended for head in (shared, fresh, lively)] == [True, False, False]
    assert events_since(pk=shared.pk, number=1)[0]["actor"] == "the server"
    assert shared_views.end_forgotten(at_once=True) == 0


def test_what_is_audited_names_neither_key_nor_patient(shared: SharedHead, alice: Actor, bob: Actor, other_patient: Case):
    join_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(),)))
    act(alice, shared, HandOver("bob"))
    act(alice, shared, TakeOver("bob"), absent_s=9)
    act(alice, shared, End())
    entries = AuditEntry.objects.filter(action__startswith="shared view")
    assert entries.count() == 6
    text = "".join(entry.detail for entry in entries)
    assert all(word not in text for word in (shared.key, str(shared.state["patient"]), "Sam", "Olga", "P-1", "P-2"))
    assert shared.key not in repr(shared)
