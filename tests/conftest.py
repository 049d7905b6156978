"""Actors, places and servers that tests share.

alice may read (a clinician of radiology, cardiology and pathology), bob is her colleague (a radiologist of radiology),
charlie must see nothing (a clinician without a department).
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection
from django.test import AsyncClient, Client
from pytest_django import DjangoDbBlocker

from governance.core.policy import Subject, operator
from tests import flush
from tests.server import ViewboxServer

if TYPE_CHECKING:
    from governance.models import User

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
PASSWORD = "a-long-test-password"
UNDER_CI = os.environ.get("CI") == "true"


flush.install()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by their number: two xdist workers must collect the same names, and an ICC profile has the time in it."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None


def skip_or_fail(reason: str) -> None:
    """Skip for a stated reason; under CI a missing peer or file is a failure."""
    if UNDER_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Actor:
    """A signed-up person as tests use one."""

    user: "User"
    subject: Subject

    @property
    def username(self) -> str:
        return self.subject.username

    def client(self) -> Client:
        """Return a test client that is signed in as this person."""
        client = Client()
        client.force_login(self.user)
        return client

    async def async_client(self) -> AsyncClient:
        client = AsyncClient()
        await client.aforce_login(self.user)
        return client


def make_actor(username: str, role: str, *departments: str) -> Actor:
    """Create a person by the same service that create_user calls."""
    from governance.services.access import subject_of_user
    from governance.services.people import create_user

    user = create_user(actor=operator(), username=username, role=role, departments=list(departments), password=PASSWORD)
    return Actor(user=user, subject=subject_of_user(user))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database. PostgreSQL drops it only when nobody uses it: threads let go, and those that tests left behind are ended."""
    from governance.services.database import close_connections

    yield
    close_connections()
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def alice(db: None) -> Actor:
    return make_actor("alice", "clinician", "radiology", "cardiology", "pathology")


@pytest.fixture
def bob(db: None) -> Actor:
    return make_actor("bob", "radiologist", "radiology")


@pytest.fixture
def charlie(db: None) -> Actor:
    return make_actor("charlie", "clinician")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real files beside the repository; a test that needs them skips where they are absent, never under CI."""
    if not SHARED_DATA.is_dir():
        skip_or_fail("../shared/data is not here")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def fresh_archive_folders(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty what the archive wrote after each test that had a database: rows and objects go together."""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        from governance.services import audit
        from viewer.services.picture_cache import picture_cache

        audit._last_used.clear()  # openings that this process remembers went with their rows
        picture_cache.cache_clear()
        for folder in (settings.DATA_DIR / "objects", settings.SPOOL_DIR, settings.QUARANTINE_DIR, settings.CACHE_DIR):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def viewbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewboxServer]:
    """One running Viewbox with the small demo archive, shared by the tests of a session that only read."""
    server = ViewboxServer(tmp_path_factory.mktemp("viewbox"))
    server.prepare()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def fresh_viewbox(tmp_path: Path) -> Iterator[ViewboxServer]:
    """A migrated, empty Viewbox that a test may start, fill, kill and start again."""
    server = ViewboxServer(tmp_path)
    server.prepare(demo=False)
    yield server
    server.stop()
