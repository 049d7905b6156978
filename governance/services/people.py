"""Users, roles, departments and tokens, as administrators and scripts change them; and whom people find by name.

Every change is audited in its own transaction; the database counts the permission epoch.
"""

import secrets
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.text import slugify

from governance.core import policy
from governance.core.faults import Malformed, NotFound
from governance.core.policy import Action, Resource, Subject
from governance.models import ApiToken, Department, Role, User
from governance.services.access import require, token_digest
from governance.services.audit import record
from governance.services.rights import chunks

MAX_WORDS, MAX_WORD_LENGTH = 4, 40  # of a search for people
TOKEN_PREFIX = "vbx_"  # noqa: S105  (lets secret scanners find a leaked token)


def create_user(*, actor: Subject, username: str, role: str, departments: Iterable[str] = (), password: str | None = None) -> User:
    """Make a user, or bring an existing one to exactly this role and these departments. Repeating it changes nothing.

    departments: slugs or names; an unknown one is created. password: None keeps an existing user's; a new user without one cannot sign in.
    An inactive user stays inactive.
    Raises: Malformed for an unknown role, an impossible name, or (unless an operator asks) a weak password.
    """
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    if role not in set(policy.Role):
        raise Malformed(f"unknown role; the roles are {', '.join(policy.Role)}")
    username = User.normalize_username(username)
    with transaction.atomic():
        user = User.objects.filter(username=username).first()
        action = "user changed" if user else "user created"
        if user is None:
            user = User(username=username)
        _set_password(user, password, check=not actor.is_operator)
        _checked_save(user)
        places = [_department(actor, name) for name in departments]
        user.roles.set([Role.objects.get(code=role)])
        user.departments.set(places)
        slugs = [place.slug for place in places]
        record(actor=actor, action=action, user=username, roles=[role], departments=slugs, password=bool(password))
    user.refresh_from_db()  # the epoch, which triggers count
    return user


def create_token(*, actor: Subject, username: str) -> str:
    """Make a bearer token for a user and return it; only its hash is kept, so it is shown this once.

    Raises: NotFound for an unknown or inactive user.
    """
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
    if user is None:
        raise NotFound("no active user of that name")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiToken.objects.create(user=user, token_sha256=token_digest(token))
        record(actor=actor, action="token created", user=user.username, token=row.pk)
    return token


def revoke_token(*, actor: Subject, token_id: int) -> None:
    """Make a token worthless; streams that it opened close within a second. Revoking it again changes nothing."""
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    with transaction.atomic():
        row = ApiToken.objects.select_related("user").filter(pk=token_id).first()
        if row is None:
            raise NotFound("token")
        if row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save(update_fields=["revoked_at"])
            record(actor=actor, action="token revoked", user=row.user.username, token=row.pk)


def user_exists(*, actor: Subject, username: str) -> bool:
    """Say whether there is a user of this name, active or not."""
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    return User.objects.filter(username=User.normalize_username(username)).exists()


def unknown_departments(*, actor: Subject, departments: Iterable[str]) -> list[str]:
    """Return those of these departments that do not exist yet, as slugs."""
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    slugs = [slugify(name) for name in departments]
    known = set(Department.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    return [slug for slug in slugs if slug not in known]


def people_with_pages() -> QuerySet[User]:
    """Return the active users that policy gives pages to: people, never machines."""
    pages = Role.objects.exclude(code=policy.Role.SERVICE)
    return User.objects.filter(is_active=True, pk__in=User.roles.through.objects.filter(role__in=pages).values("user"))


def find_people(*, actor: Subject, words: str, limit: int = 8) -> list[dict[str, str]]:
    """Return whom the actor may ask to look at a study, as {"username", "name"}: active, with pages and a role that reads; not the actor.

    words: each must begin the user name, or the full name or a word in it, in upper or lower case. The user name itself comes first.
    Raises: Unidentified; Denied for machines.
    """
    require(subject=actor, action=Action.USE_PAGES, resource=Resource())
    asked = unicodedata.normalize("NFC", words)[: MAX_WORDS * MAX_WORD_LENGTH].split()[:MAX_WORDS]
    if not asked:
        return []
    readers = User.roles.through.objects.filter(role__code__in=policy.READERS - {policy.Role.SERVICE}).values("user")
    found = User.objects.filter(is_active=True, pk__in=readers).exclude(username=actor.username)
    for word in asked:
        found = found.filter(_is_called(word))
    exact = Case(When(username__iexact=asked[0], then=Value(0)), default=Value(1))
    rows = found.order_by(exact, "username").values_list("username", "full_name")[:limit]
    return [{"username": username, "name": full_name or username} for username, full_name in rows]


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """Return each user's full name; the user name where there is none, also of nobody. At most one query for 500."""
    names = {username: username for username in usernames}
    for some in chunks(names):
        names.update(User.objects.filter(username__in=some).exclude(full_name="").values_list("username", "full_name"))
    return names


def _is_called(word: str) -> Q:
    """Return the condition that a word begins a user name or a word of a full name.

    SQLite compares letters beyond ASCII by case, so the word is tried as typed, in lower case, and as a name is written.
    """
    condition = Q()
    for form in sorted({word, word.lower(), word.capitalize()}):
        condition |= Q(username__istartswith=form) | Q(full_name__istartswith=form)
        condition |= Q(full_name__icontains=f" {form}") | Q(full_name__icontains=f"-{form}")
    return condition


def _department(actor: Subject, name: str) -> Department:
    slug = slugify(name)
    if not slug:
        raise Malformed("a department needs a name")
    department, created = Department.objects.get_or_create(slug=slug, defaults={"name": name.strip()})
    if created:
        record(actor=actor, action="department created", department=slug)
    return department


def _set_password(user: User, password: str | None, *, check: bool) -> None:
    if password is None:
        if user._state.adding:
            user.set_unusable_password()
        return
    if check:
        try:
            validate_password(password, user)
        except ValidationError as exc:
            raise Malformed(" ".join(exc.messages)) from exc
    if user._state.adding or not user.check_password(password):  # the same one again changes nothing
        user.set_password(password)


def _checked_save(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as exc:
        raise Malformed("; ".join(exc.messages)) from exc
    user.save()
