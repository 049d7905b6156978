"""Who asks, and what they may do: every edge comes here.

`require` is the point decision, `narrow` the same rule as a query filter. Subjects come from the browser session or a bearer token.

Three ways to learn the subject of a request, by cost:
- subject_of_headers, authenticate_request: always fresh; three queries for a session, two for a token, and one more where somebody
  is invited. For database threads and sync views.
- identify: for async edges; what was learnt in the last RECALL_S seconds from memory, otherwise the above on a database thread, once
  for all requests that ask at the same time.
- current_epochs, current_subjects: for what stays open; a few queries for any number of streams. The first says whether a subject
  stands, the second also brings it what it was invited to meanwhile.
"""

import asyncio
import hashlib
import hmac
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils import timezone
from django.utils.text import slugify

from governance.core.faults import Denied, Malformed, NotFound, Unidentified
from governance.core.policy import (
    ANONYMOUS,
    READERS,
    STORERS,
    Action,
    Resource,
    Subject,
    decide,
    departments_read_by,
    sees_every_department,
)
from governance.models import ApiToken, Department, ModalityDepartment, User
from governance.services.audit import record
from governance.services.database import run_in_database
from governance.services.rights import (
    STANDING_SESSIONS,
    STANDING_TOKENS,
    STANDING_USERS,
    inviters_epochs,
    needed_invitations,
    rows_about,
    subject_with_rights,
)

RECALL_S = 0.4  # how long the hot lane trusts what it learnt; a sign-out or a lost right takes effect well within a second
MAX_RECALLED = 10_000
DENIAL_PAUSE_S = 600  # the same denial again within this time is not another entry
MAX_DENIALS = 10_000
UNASSIGNED = "unassigned"
TOKEN_MARK = "token:"  # noqa: S105  (the session_key of a token's subject is this and the token's id)

Credential = tuple[str, str]  # ("token", SHA-256 of it) or ("session", its key)

_lock = threading.Lock()
_recalled: dict[Credential, tuple[Subject, float]] = {}
_denials: dict[tuple[str, str, str, str | None, str], float] = {}
_in_flight: dict[tuple[asyncio.AbstractEventLoop, Credential], "asyncio.Task[Subject]"] = {}


# --- the decision ---


def require(*, subject: Subject, action: Action, resource: Resource) -> None:
    """Return when the subject may; otherwise raise, and record the denial.

    Touches the database only to record a denial. Call it before opening a transaction, which its raise would roll back.
    Raises: Unidentified for nobody; NotFound for a denied READ (what may not be seen does not exist); Denied otherwise.
    """
    decision = decide(subject, action, resource)
    if decision.allowed:
        return
    if subject.user_id is None:
        raise Unidentified(action)
    _record_denial(subject, action, resource, decision.rule)
    raise NotFound(action) if action is Action.READ else Denied(action)


def narrow(subject: Subject, action: Action, department_field: str, study_field: str) -> Q:
    """Return the filter that keeps exactly the rows for which decide(subject, action, Resource(row's department, row's study)) allows.

    department_field, study_field: the caller's ORM paths to the department's slug and to the Study Instance UID.
    """
    if subject.is_operator:
        return Q()
    if action is Action.ADMINISTER or action is Action.USE_PAGES:  # department and study take no part
        return Q() if decide(subject, action, Resource()).allowed else Q(pk__in=[])
    if subject.user_id is None or not subject.roles & (READERS if action is Action.READ else STORERS):
        return Q(pk__in=[])
    if sees_every_department(subject):
        return Q()
    kept = Q(**{f"{department_field}__in": sorted(subject.departments)}) if subject.departments else Q(pk__in=[])
    for departments, studies in _invited_studies(subject).items() if action is Action.READ else ():
        invited = Q(**{f"{study_field}__in": sorted(studies)})
        kept |= invited if departments is None else invited & Q(**{f"{department_field}__in": sorted(departments)})
    return kept


def _invited_studies(subject: Subject) -> dict[frozenset[str] | None, set[str]]:
    """Return the studies that the subject is invited to, by the departments in which the inviters may read them (None: in every one)."""
    studies: dict[frozenset[str] | None, set[str]] = defaultdict(set)
    for invitation in subject.invitations:
        if invitation.study_instance_uid:
            studies[departments_read_by(invitation.inviter)].add(invitation.study_instance_uid)
    return {departments: uids for departments, uids in studies.items() if departments != frozenset()}


def department_for(*, actor: Subject, modality: str, stated: str | None = None) -> str:
    """Return the department of a new study: as stated, else the actor's only one, else by modality, else "unassigned".

    An operator who states an unknown department creates it; nobody sees it until someone is put in.
    Raises: Malformed when anyone else states an unknown one.
    """
    if stated:
        slug = slugify(stated)
        if actor.is_operator and slug:
            _, created = Department.objects.get_or_create(slug=slug, defaults={"name": stated.strip()})
            if created:
                record(actor=actor, action="department created", department=slug)
        elif not Department.objects.filter(slug=slug).exists():
            raise Malformed("unknown department")
        return slug
    if len(actor.departments) == 1:
        return next(iter(actor.departments))
    listed = ModalityDepartment.objects.filter(modality=modality).values_list("department__slug", flat=True).first()
    return listed or UNASSIGNED


# --- the subject ---


def subject_of_user(user: User | AnonymousUser, session_key: str = "") -> Subject:
    """Return an active user's subject with its rights as they are now; ANONYMOUS for anyone else. One query, two where it is invited."""
    return subject_with_rights(user, session_key) if isinstance(user, User) and user.is_active else ANONYMOUS


def subject_of_session(session_key: str) -> Subject:
    """Return who a browser session belongs to; ANONYMOUS when it ended, expired, or predates a change of password. Three queries."""
    session = Session.objects.filter(session_key=session_key, expire_date__gt=timezone.now()).first() if session_key else None
    if session is None:
        return ANONYMOUS
    facts = session.get_decoded()
    user = User.objects.filter(pk=facts[SESSION_KEY]).first() if SESSION_KEY in facts else None
    if user is None or not hmac.compare_digest(facts.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return ANONYMOUS
    return subject_of_user(user, session_key)


def subject_of_token(token: str) -> Subject:
    """Return whose bearer token this is; ANONYMOUS when it is unknown, revoked, or its user inactive. Two queries."""
    return _subject_of(("token", token_digest(token)))


def subject_of_headers(headers: Mapping[bytes, bytes]) -> Subject:
    """Return who sends these headers (lower-case names, as in an ASGI scope): a bearer token if there is one, else the session cookie."""
    credential = credential_of_headers(headers)
    return _subject_of(credential) if credential else ANONYMOUS


def authenticate_request(request: HttpRequest) -> Subject:
    """Return who sends a Django request, looked up once a request. Not on the event loop: use identify() or run_in_database there."""
    known = request.__dict__.get("_subject")
    if not isinstance(known, Subject):
        known = request.__dict__["_subject"] = subject_of_headers(headers_of_request(request))
    return known


async def identify(headers: Mapping[bytes, bytes]) -> Subject:
    """Return who sends these headers, for async edges: at most RECALL_S old, and one look-up for all who ask at once."""
    credential = credential_of_headers(headers)
    if credential is None:
        return ANONYMOUS
    known = _recalled.get(credential)
    if known is not None and time.monotonic() - known[1] < RECALL_S:
        return known[0]
    key = (asyncio.get_running_loop(), credential)
    task = _in_flight.get(key)
    if task is None:
        task = _in_flight[key] = asyncio.ensure_future(run_in_database(_subject_of, credential))
        task.add_done_callback(lambda _: _in_flight.pop(key, None))
    return await asyncio.shield(task)


def current_epochs(subjects: Iterable[Subject]) -> dict[Subject, bool]:
    """Say of each subject whether it still stands: user active, rights unchanged, session or token still there, and each invitation
    open, by an inviter who is active with unchanged rights. New invitations take nothing away.

    At most one query a kind (user, session, token, invitation) for up to 500. Operators stand; ANONYMOUS does not.
    """
    asked = set(subjects)
    people = {subject.user_id for subject in asked if subject.user_id is not None}
    tokens = {_token_id(subject) for subject in asked if subject.session_key.startswith(TOKEN_MARK)}
    sessions = {s.session_key for s in asked if s.session_key and not s.session_key.startswith(TOKEN_MARK)}
    epochs: dict[int, int] = dict(rows_about(STANDING_USERS, people))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    alive: set[str] = {key for (key,) in rows_about(STANDING_SESSIONS, sessions, now)}
    alive.update(f"{TOKEN_MARK}{pk}" for (pk,) in rows_about(STANDING_TOKENS, tokens))
    inviters = inviters_epochs({invitation.id for subject in asked for invitation in subject.invitations})
    return {s: s.is_operator or _stands(s, epochs, alive, inviters) for s in asked}


def current_subjects(subjects: Iterable[Subject]) -> dict[Subject, Subject | None]:
    """Return each subject as it is now: None when it no longer stands (current_epochs), itself, or itself with new invitations.

    The queries of current_epochs and one more; for each subject that was invited meanwhile, three.
    """
    standing = current_epochs(subjects)
    found = {subject: subject if stands else None for subject, stands in standing.items()}
    invited = needed_invitations([subject for subject, stands in standing.items() if stands])
    for subject, ids in invited.items():
        if not ids <= {invitation.id for invitation in subject.invitations}:
            found[subject] = _with_new_invitations(subject)
    return found


def forget(session_key: str) -> None:
    """Drop what the hot lane remembers of a session: called at sign-out, so that it ends at once in this process."""
    _recalled.pop(("session", session_key), None)


def forget_person(user_id: int) -> None:
    """Drop what the hot lane remembers of a user: called when an invitation began or ended, so that it counts at once in this process."""
    with _lock:
        for credential in [credential for credential, (subject, _) in _recalled.items() if subject.user_id == user_id]:
            del _recalled[credential]


# --- credentials ---


def token_digest(token: str) -> str:
    """Return what is stored of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_token(authorization: str) -> str | None:
    """Return the token of an Authorization header of scheme Bearer (RFC 6750), None for any other."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def credential_of_headers(headers: Mapping[bytes, bytes]) -> Credential | None:
    """Return the one credential that counts: a bearer token if the header is there, even a wrong one, else the session cookie."""
    token = bearer_token(headers.get(b"authorization", b"").decode("latin-1"))
    if token is not None:
        return "token", token_digest(token)
    key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    return ("session", key) if key.isalnum() and len(key) <= 40 else None


def headers_of_request(request: HttpRequest) -> dict[bytes, bytes]:
    """Return a Django request's credentials in the form of ASGI headers."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    headers = {b"authorization": request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")}
    if cookie.isalnum():
        headers[b"cookie"] = f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()
    return headers


def _subject_of(credential: Credential) -> Subject:
    """Look a credential up, and remember whom it belongs to for the hot lane."""
    kind, value = credential
    asked_at = time.monotonic()  # before the queries: what they saw is at least this fresh
    if kind == "session":
        subject = subject_of_session(value)
    else:
        token = ApiToken.objects.select_related("user").filter(token_sha256=value, revoked_at__isnull=True).first()
        subject = subject_of_user(token.user, f"{TOKEN_MARK}{token.pk}") if token else ANONYMOUS
    with _lock:
        _recalled.pop(credential, None)
        if subject.user_id is not None:
            if len(_recalled) >= MAX_RECALLED:
                _recalled.clear()
            _recalled[credential] = (subject, asked_at)
    return subject


def _stands(subject: Subject, epochs: dict[int, int], alive: set[str], inviters: dict[int, int]) -> bool:
    if subject.user_id is None or epochs.get(subject.user_id) != subject.permission_epoch:
        return False
    if any(inviters.get(invitation.id) != invitation.inviter.permission_epoch for invitation in subject.invitations):
        return False
    return not subject.session_key or subject.session_key in alive


def _with_new_invitations(subject: Subject) -> Subject | None:
    """Return a subject as its user is now; None when that has lost anything meanwhile."""
    user = User.objects.filter(pk=subject.user_id or 0, is_active=True, permission_epoch=subject.permission_epoch).first()
    now = subject_of_user(user, subject.session_key) if user else ANONYMOUS
    return now if user and now.invitations >= subject.invitations else None


def _token_id(subject: Subject) -> int:
    return int(subject.session_key.removeprefix(TOKEN_MARK))


def _record_denial(subject: Subject, action: Action, resource: Resource, rule: str) -> None:
    """Record a denial, the same one only once in a while: a page full of forbidden thumbnails is one fact."""
    key = (subject.username, subject.session_key, str(action), resource.department, resource.study_instance_uid)
    now = time.monotonic()
    with _lock:
        last = _denials.get(key)
        if last is not None and now - last < DENIAL_PAUSE_S:
            return
        if len(_denials) >= MAX_DENIALS:
            _denials.clear()
        _denials[key] = now
    record(actor=subject, action=str(action), study_instance_uid=resource.study_instance_uid, outcome="denied", rule=rule)
