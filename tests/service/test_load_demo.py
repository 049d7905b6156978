"""manage.py load_demo --small: everything is stored, each role can sign in and sees its departments, and again is quick."""

from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from archive.services.retrieve import study_record
from demo import ct, slide
from demo.catalogue import ACCOUNTS, PASSWORD, parts
from demo.identity import demo_uid
from governance.core.faults import NotFound
from governance.core.policy import operator
from governance.services.access import subject_of_user
from tests.small_archive import small_archive
from viewer.management.commands import load_demo


@pytest.fixture(scope="module")
def drawn_parts():
    """The parts of the small archive, drawn once for all tests."""

    def drawn(part, files):
        return replace(part, draw=lambda tell: iter(files))

    return [drawn(part, files) for part, files in small_archive()]


@pytest.fixture
def loaded(db, settings, tmp_path, monkeypatch, drawn_parts):
    """Load the small archive with its stamp in a folder of this test; return what the command said."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(load_demo, "parts", lambda small: drawn_parts)
    out = StringIO()
    call_command("load_demo", small=True, stdout=out)
    return out.getvalue()


def test_everything_is_stored(loaded):
    total = sum(part.count for part in parts(small=True))
    assert f"Demo archive: {total} " in loaded
    record = study_record(actor=operator(), study_instance_uid=demo_uid("small", ct.CURRENT.key))
    assert sorted(series.modality for series in record.series) == ["CT", "CT", "DOC", "SR"]


def test_each_role_signs_in_and_sees_its_departments(loaded):
    subjects = {}
    for account in ACCOUNTS:
        assert f"{account.role}" in loaded
        user = authenticate(username=account.role, password=PASSWORD)
        assert user is not None
        subjects[account.role] = subject_of_user(user)
    chest, colon = demo_uid("small", ct.CURRENT.key), demo_uid("small", slide.VISIT.key)
    for role in ("clinician", "board-member", "service"):
        for uid in (chest, colon):
            assert study_record(actor=subjects[role], study_instance_uid=uid).study_instance_uid == uid
    assert study_record(actor=subjects["radiologist"], study_instance_uid=chest)
    with pytest.raises(NotFound):
        study_record(actor=subjects["radiologist"], study_instance_uid=colon)
    with pytest.raises(NotFound):
        study_record(actor=subjects["administrator"], study_instance_uid=chest)


def test_loading_again_draws_nothing(loaded, monkeypatch):
    monkeypatch.setattr(load_demo, "store_part", lambda actor, part: pytest.fail("drawn again"))
    out = StringIO()
    call_command("load_demo", small=True, stdout=out)
    assert "already there" in out.getvalue()


def test_an_interrupted_load_is_completed(loaded, settings):
    """Without the stamp everything is drawn again, and found to be there."""
    (settings.DATA_DIR / "demo-small.json").unlink()
    out = StringIO()
    call_command("load_demo", small=True, stdout=out)
    total = sum(part.count for part in parts(small=True))
    assert f"Demo archive: {total} already there" in out.getvalue()


def test_what_an_administrator_changed_stays(loaded):
    clinician = authenticate(username="clinician", password=PASSWORD)
    assert clinician is not None
    clinician.set_password("another-long-password")
    clinician.save()
    call_command("load_demo", small=True, stdout=StringIO())
    assert authenticate(username="clinician", password=PASSWORD) is None
