"""The audit log: append-only in the database, one entry an opening, and a broken chain is named."""

import threading
from importlib import import_module

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from governance.core.policy import Subject, operator
from governance.models import AuditEntry, AuditHead
from governance.services import audit
from tests.conftest import Actor

STUDY = "1.2.826.0.1.3680043.10.1"


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Each test is a process that has not seen an opening yet."""
    audit._last_used.clear()
    audit._frames.clear()


@pytest.fixture
def five_entries(db: None) -> None:
    for number in range(1, 6):
        audit.record(actor=operator("tester"), action="test", number=number, word="π")


def drop_triggers() -> None:
    """What an intruder with the database's own password can do."""
    migration = import_module("governance.migrations.0003_append_only_audit")
    for statement in migration.SQLITE_UNDO if connection.vendor == "sqlite" else migration.POSTGRESQL_UNDO:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def actor(name: str = "alice", session: str = "s1") -> Subject:
    return Subject(user_id=1, username=name, session_key=session)


def openings() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action="study opened").values_list("actor", "study_instance_uid"))


# --- append-only, and verified ---


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE governance_auditentry SET actor = 'mallory'",
        "DELETE FROM governance_auditentry",
        'DELETE FROM governance_auditentry WHERE "index" = 5',
        "UPDATE governance_audithead SET last_index = 1",
        "DELETE FROM governance_audithead",
        "TRUNCATE governance_auditentry",  # SQLite does not even know the word
        "TRUNCATE governance_audithead",
    ],
)
def test_the_database_refuses_to_change_the_log(five_entries: None, statement: str):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.filter(actor="tester").count() == 5
    assert audit.verify()[2] is None


def test_an_untouched_log_verifies_and_says_its_last_digest(five_entries: None, capsys: pytest.CaptureFixture):
    call_command("verify_audit")
    head = AuditHead.objects.get()
    assert capsys.readouterr().out == f"{head.last_index} entries, unbroken; the last is {head.last_sha256}\n"
    assert head.last_index == AuditEntry.objects.count() == 5


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE governance_auditentry SET actor = 'testes' WHERE \"index\" = 3", "entry 3 changed after it was written"),
        ("UPDATE governance_auditentry SET detail = REPLACE(detail, '2', '3') WHERE \"index\" = 2", "entry 2 changed"),
        ('DELETE FROM governance_auditentry WHERE "index" = 2', "entry 2 missing"),
        ('DELETE FROM governance_auditentry WHERE "index" = 1', "entry 1 missing"),
        ('DELETE FROM governance_auditentry WHERE "index" >= 4', "entry 4 missing: the log was cut off"),
        ("DELETE FROM governance_auditentry", "entry 1 missing: the log was cut off"),
    ],
)
def test_tampering_past_the_triggers_is_named(five_entries: None, statement: str, says: str):
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(CommandError, match=f"^{says}"):
        call_command("verify_audit")


def test_an_entry_and_the_effect_it_records_are_one_transaction(five_entries: None):
    def effect_that_fails() -> None:
        with transaction.atomic():
            audit.record(actor=operator("tester"), action="test", number=6)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        effect_that_fails()
    assert AuditHead.objects.get().last_index == 5
    audit.record(actor=operator("tester"), action="test", number=7)
    assert audit.verify()[0] == 6
    assert audit.verify()[2] is None


# --- openings ---


@pytest.mark.django_db
def test_an_opening_is_one_entry_however_often_the_study_is_asked_for():
    for _ in range(50):
        audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    assert openings() == [("alice", STUDY)]


@pytest.mark.django_db
def test_a_repeated_call_costs_no_query(django_assert_num_queries):
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    with django_assert_num_queries(0):
        audit.study_opened(actor=actor(), study_instance_uid=STUDY)


@pytest.mark.django_db
def test_each_person_session_and_study_is_an_opening_of_its_own():
    for who in (actor(), actor("bob", "s2"), actor("alice", "s3")):
        audit.study_opened(actor=who, study_instance_uid=STUDY)
    audit.study_opened(actor=actor(), study_instance_uid=STUDY + ".1")
    assert sorted(openings()) == [("alice", STUDY), ("alice", STUDY), ("alice", STUDY + ".1"), ("bob", STUDY)]


@pytest.mark.django_db
def test_another_process_of_the_same_opening_finds_the_entry():
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    audit._last_used.clear()
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    assert len(openings()) == 1


@pytest.mark.django_db
def test_after_a_long_pause_it_is_a_new_opening(monkeypatch: pytest.MonkeyPatch):
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    monkeypatch.setattr(audit, "OPENING_PAUSE_S", 0)
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    assert len(openings()) == 2


@pytest.mark.django_db(transaction=True)
def test_the_entry_is_committed_when_the_call_returns_and_never_inside_a_transaction():
    audit.study_opened(actor=actor(), study_instance_uid=STUDY)
    seen: list[int] = []

    def look() -> None:  # from a connection of its own
        seen.append(AuditEntry.objects.filter(study_instance_uid=STUDY).count())
        connection.close()

    other = threading.Thread(target=look)
    other.start()
    other.join(10)
    assert seen == [1]
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.study_opened(actor=actor("bob"), study_instance_uid=STUDY)


@pytest.mark.django_db(transaction=True)
def test_threads_that_open_at_once_make_one_entry_and_one_chain():
    together = threading.Barrier(6)
    failures: list[BaseException] = []

    def open_study(number: int) -> None:
        try:
            together.wait(10)
            audit.study_opened(actor=actor(), study_instance_uid=STUDY)
            audit.record(actor=actor("bob"), action="test", number=number)
        except BaseException as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_study, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert openings() == [("alice", STUDY)]
    assert audit.verify()[0] == 7
    assert audit.verify()[2] is None


# --- frames ---


@pytest.mark.django_db
def test_frames_are_counted_in_memory_and_flushed_as_one_entry_an_opening(django_assert_num_queries):
    with django_assert_num_queries(0):
        for _ in range(100):
            audit.count_frames(actor=actor(), study_instance_uid=STUDY, frames=2)
        audit.count_frames(actor=actor("bob", "s2"), study_instance_uid=STUDY, frames=1)
    audit.flush_frames()
    audit.flush_frames()  # nothing more
    sent = {entry.actor: entry.detail for entry in AuditEntry.objects.filter(action="frames sent")}
    assert set(sent) == {"alice", "bob"}
    assert '"frames":200' in sent["alice"]
    assert AuditEntry.objects.filter(action="frames sent").count() == 2


@pytest.mark.django_db
def test_frames_that_could_not_be_written_are_kept_for_the_next_flush(monkeypatch: pytest.MonkeyPatch):
    audit.count_frames(actor=actor(), study_instance_uid=STUDY, frames=7)
    with monkeypatch.context() as broken:
        broken.setattr(audit, "_append", lambda *_: (_ for _ in ()).throw(DatabaseError("full")))
        with pytest.raises(DatabaseError):
            audit.flush_frames()
    audit.count_frames(actor=actor(), study_instance_uid=STUDY, frames=1)
    audit.flush_frames()
    assert '"frames":8' in AuditEntry.objects.get(action="frames sent").detail


@pytest.mark.django_db
def test_an_entry_names_the_session_without_its_key(alice: Actor):
    audit.record(actor=actor("alice", "the-session-key-itself"), action="test")
    entry = AuditEntry.objects.get(action="test")
    assert "session" in entry.detail
    assert "the-session-key-itself" not in entry.detail
