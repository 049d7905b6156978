"""Users, departments and tokens: repeatable, audited, administrators' business alone; and the commands over them."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from governance.core.faults import Denied, Malformed, NotFound, Unidentified
from governance.core.policy import ANONYMOUS, operator
from governance.models import ApiToken, AuditEntry, Department
from governance.services import access, people
from tests.conftest import Actor, make_actor

User = get_user_model()
pytestmark = pytest.mark.django_db


def rights(username: str) -> tuple[set[str], set[str]]:
    user = User.objects.get(username=username)
    return set(user.roles.values_list("code", flat=True)), set(user.departments.values_list("slug", flat=True))


def test_a_user_is_made_and_brought_to_what_is_asked():
    people.create_user(
        actor=operator(), username="dora", role="cardiologist", departments=["cardiology", "radiology"], password="long-enough-1"
    )
    assert rights("dora") == ({"cardiologist"}, {"cardiology", "radiology"})
    people.create_user(actor=operator(), username="dora", role="clinician", departments=["cardiology"])
    assert rights("dora") == ({"clinician"}, {"cardiology"})
    assert User.objects.get(username="dora").check_password("long-enough-1")  # kept
    created, changed = AuditEntry.objects.filter(action__in=["user created", "user changed"])
    assert (created.actor, created.action, json.loads(created.detail)["departments"]) == (
        "operator",
        "user created",
        ["cardiology", "radiology"],
    )
    assert (changed.action, json.loads(changed.detail)["roles"]) == ("user changed", ["clinician"])
    assert "long-enough-1" not in created.detail


def test_an_inactive_user_stays_inactive():
    people.create_user(actor=operator(), username="dora", role="clinician")
    User.objects.update(is_active=False)
    assert not people.create_user(actor=operator(), username="dora", role="clinician").is_active


@pytest.mark.parametrize(("name", "role"), [("dora", "surgeon"), ("two words", "clinician"), ("", "clinician"), ("x" * 151, "clinician")])
def test_an_unknown_role_or_impossible_name_is_refused(name: str, role: str):
    with pytest.raises(Malformed):
        people.create_user(actor=operator(), username=name, role=role)
    assert not User.objects.exists()


def test_administrators_may_and_must_choose_good_passwords():
    root = make_actor("root", "administrator")
    with pytest.raises(Malformed):
        people.create_user(actor=root.subject, username="dora", role="clinician", password="password")
    people.create_user(actor=root.subject, username="dora", role="clinician", password="hardly-guessable-9")
    assert rights("dora") == ({"clinician"}, set())


def test_nobody_else_changes_people(bob: Actor):
    for actor in (bob.subject, ANONYMOUS):
        for change in (
            lambda actor=actor: people.create_user(actor=actor, username="bob", role="administrator"),
            lambda actor=actor: people.create_token(actor=actor, username="bob"),
            lambda actor=actor: people.revoke_token(actor=actor, token_id=1),
        ):
            with pytest.raises((Denied, Unidentified)):
                change()
    assert rights("bob") == ({"radiologist"}, {"radiology"})
    assert not ApiToken.objects.exists()


def test_tokens_are_many_and_end_one_by_one(alice: Actor):
    first, second = (people.create_token(actor=operator(), username="alice") for _ in range(2))
    assert first != second
    people.revoke_token(actor=operator(), token_id=ApiToken.objects.get(token_sha256=access.token_digest(first)).pk)
    assert access.subject_of_token(first) == ANONYMOUS
    assert access.subject_of_token(second).username == "alice"
    assert list(AuditEntry.objects.filter(action__startswith="token").values_list("action", flat=True)) == [
        "token created",
        "token created",
        "token revoked",
    ]
    with pytest.raises(NotFound):
        people.create_token(actor=operator(), username="nobody")


# --- finding people, and their names ---


def named(username: str, full_name: str, role: str = "clinician", *, is_active: bool = True) -> None:
    make_actor(username, role)
    User.objects.filter(username=username).update(full_name=full_name, is_active=is_active)


@pytest.fixture
def house() -> None:
    named("acardi", "Dr Ärmel Cardi")
    named("jsmith", "Jo Smith-Özil", "pathologist")
    named("smith2", "")
    named("osmith", "Old Smith", is_active=False)
    named("smithbot", "Smith Gateway", "service")
    named("smithadm", "Adam Smith", "administrator")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("smith", ["jsmith", "smith2"]),
        ("SMI", ["jsmith", "smith2"]),
        ("jsm", ["jsmith"]),
        ("mith", []),
        ("ärm", ["acardi"]),
        ("ÄRMEL", ["acardi"]),
        ("a\u0308rmel", ["acardi"]),
        ("özil", ["jsmith"]),
        ("cardi ärmel", ["acardi"]),
        ("cardi smith", []),
        ("dr", ["acardi"]),
        ("%", []),
        ("_", []),
        ("  ", []),
        ("x" * 5000, []),
        ("bob", []),
    ],
)
def test_people_are_found_by_what_their_names_begin_with(house: None, bob: Actor, words: str, expected: list[str]):
    assert [person["username"] for person in people.find_people(actor=bob.subject, words=words)] == expected


def test_found_people_are_few_and_the_exact_name_is_first(bob: Actor):
    for name in ("aa-ann", "ann", *(f"ann{number:02}" for number in range(10))):
        named(name, "Ann")
    found = people.find_people(actor=bob.subject, words="ann")
    assert len(found) == 8
    assert found[:2] == [{"username": "ann", "name": "Ann"}, {"username": "aa-ann", "name": "Ann"}]
    assert len(people.find_people(actor=bob.subject, words="ann", limit=3)) == 3


def test_only_people_look_for_people(house: None):
    with pytest.raises(Denied):
        people.find_people(actor=make_actor("robot", "service").subject, words="smith")
    with pytest.raises(Unidentified):
        people.find_people(actor=ANONYMOUS, words="smith")
    assert people.find_people(actor=make_actor("root", "administrator").subject, words="jsmith")


def test_names_are_full_where_there_are_any(house: None, django_assert_num_queries: Callable):
    with django_assert_num_queries(1):
        names = people.names_of(["acardi", "smith2", "osmith", "nobody"])
    assert names == {"acardi": "Dr Ärmel Cardi", "smith2": "smith2", "osmith": "Old Smith", "nobody": "nobody"}
    with django_assert_num_queries(0):
        assert people.names_of([]) == {}


# --- the commands ---


def run(capsys: pytest.CaptureFixture, *arguments: str) -> list[str]:
    capsys.readouterr()
    call_command(*arguments)
    lines: list[str] = capsys.readouterr().out.splitlines()
    return lines


def test_create_user_prints_a_password_once_and_keeps_it(capsys: pytest.CaptureFixture):
    lines = run(capsys, "create_user", "dora", "--role", "clinician", "--department", "cardiology", "--department", "Sleep Lab")
    assert "note: department sleep-lab is new" in lines
    password = lines[-1].removeprefix("password: ")
    assert User.objects.get(username="dora").check_password(password)
    assert Department.objects.get(slug="sleep-lab").name == "Sleep Lab"
    again = run(capsys, "create_user", "dora", "--role", "clinician", "--department", "cardiology", "--department", "Sleep Lab")
    assert again == ["updated dora: clinician, cardiology, Sleep Lab"]
    assert User.objects.get(username="dora").check_password(password)
    run(capsys, "create_user", "dora", "--role", "clinician", "--password", "short")  # an operator may
    assert User.objects.get(username="dora").check_password("short")


def test_the_last_line_of_create_token_is_the_token(capsys: pytest.CaptureFixture, alice: Actor):
    tokens = [run(capsys, "create_token", "alice")[-1] for _ in range(2)]
    assert [access.subject_of_token(token).username for token in tokens] == ["alice", "alice"]
    with pytest.raises(CommandError):
        call_command("create_token", "nobody")


def test_many_users_and_tokens_are_made_in_one_go_or_not_at_all(capsys: pytest.CaptureFixture):
    names = [f"follower{number}" for number in range(3)]
    lines = run(capsys, "create_user", *names, "--role", "clinician", "--department", "radiology", "--no-password")
    assert lines == [f"created {name}: clinician, radiology" for name in names]
    assert not any(user.has_usable_password() for user in User.objects.all())
    tokens = run(capsys, "create_token", *names)
    assert [access.subject_of_token(token).username for token in tokens] == names
    with pytest.raises(CommandError):
        call_command("create_token", "follower0", "nobody")
    assert ApiToken.objects.count() == 3
    with pytest.raises(CommandError):
        call_command("create_user", "follower3", "two words", "--role", "clinician")
    assert User.objects.count() == 3
    assert len([line for line in run(capsys, "create_user", "dora", "emil", "--role", "clinician") if line.startswith("password: ")]) == 2
    assert run(capsys, "create_user", "emil", "--role", "clinician", "--no-password")[-1] == "updated emil: clinician, no department"
    assert User.objects.get(username="emil").has_usable_password()


def test_createsuperuser_makes_an_administrator():
    call_command("createsuperuser", "--no-input", "--username", "root")
    assert rights("root") == ({"administrator"}, set())
