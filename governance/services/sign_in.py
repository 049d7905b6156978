"""Signing in with a name and a password: checked, throttled, recorded. The browser session itself is the edge's.

Failures are counted for each name from each address, and for each address over all names, in the cache that web processes share. While
that is out of reach each process counts for itself: a Redis that is down keeps nobody from the images.
Whether a name exists shows neither in the answer nor in its time.
"""

import contextlib
import hashlib
import ipaddress
import logging
from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.core.cache.backends.base import BaseCache
from django.utils import timezone
from redis.exceptions import RedisError

from governance.core.faults import Denied, Exhausted, Unidentified
from governance.core.policy import Action, Resource, Subject, decide
from governance.models import User
from governance.services.access import subject_of_user
from governance.services.audit import record

log = logging.getLogger("viewbox.sign_in")

T = TypeVar("T")

THROTTLE_S = 15 * 60
TRIES_PER_NAME = 5  # from one address
TRIES_PER_ADDRESS = 100  # a hospital's proxy is one address


def check_credentials(*, username: str, password: str, address: str) -> User:
    """Return the person whose name and password these are.

    Raises: Exhausted after too many failures, for THROTTLE_S from the first; Unidentified when name or password is wrong;
    Denied when both are right but the account has no pages.
    """
    username = User.normalize_username(username)
    name_key, address_key = _keys(username, address)
    tries, from_address = _count(name_key), _count(address_key)
    if tries > TRIES_PER_NAME or from_address > TRIES_PER_ADDRESS:
        if tries == TRIES_PER_NAME + 1:  # once; a machine that goes on does not fill the log
            record(actor=_named(username), action="sign-in", outcome="throttled", address=address)
        raise Exhausted("sign-in")
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        record(actor=_named(username), action="sign-in", outcome="failure", address=address)
        raise Unidentified("sign-in")
    _in_cache(lambda shared: shared.delete(name_key))
    _uncount(address_key)
    if not decide(subject_of_user(user), Action.USE_PAGES, Resource()).allowed:
        record(actor=subject_of_user(user), action="sign-in", outcome="denied", address=address)
        raise Denied("no pages")
    return user


def signed_in(*, actor: Subject, address: str) -> None:
    """Record that a session began; actor carries its key. Sessions that ran out go from the table meanwhile."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    record(actor=actor, action="sign-in", address=address)


def signed_out(*, actor: Subject) -> None:
    """Record that a session was ended by its person."""
    record(actor=actor, action="sign-out")


def _named(username: str) -> Subject:
    """Return a subject that only names an existing user: what else was typed there may be a password."""
    return Subject(user_id=None, username=username if User.objects.filter(username=username).exists() else "")


def _keys(username: str, address: str) -> tuple[str, str]:
    place = _network(address)
    name = hashlib.sha256(f"{username.casefold()}\n{place}".encode()).hexdigest()
    return f"sign-in:{name}", f"sign-in-from:{hashlib.sha256(place.encode()).hexdigest()}"


def _network(address: str) -> str:
    """Return an IPv6 address's /64, which is one customer's, and anything else as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if parsed.version == 6 else address


def _in_cache(act: Callable[[BaseCache], T]) -> T:
    """Do something in the cache that web processes share or, while that is out of reach, in this process's own."""
    try:
        return act(cache)
    except RedisError as exc:
        log.error("the shared cache is out of reach (%s): tries to sign in are counted by each process", type(exc).__name__)
        return act(caches["process"])


def _count(key: str) -> int:
    """Count one try before it is judged, so that many at once do not slip through; return how many there were."""
    return _in_cache(lambda counts: _count_in(counts, key))


def _count_in(counts: BaseCache, key: str) -> int:
    counts.add(key, 0, THROTTLE_S)
    try:
        return counts.incr(key)
    except ValueError:  # expired in between
        counts.set(key, 1, THROTTLE_S)
        return 1


def _uncount(key: str) -> None:
    """Take back a try that was none: only failures count against an address."""
    with contextlib.suppress(ValueError):  # expired in between
        _in_cache(lambda counts: counts.decr(key))
