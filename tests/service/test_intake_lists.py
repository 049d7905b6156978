"""What intake kept aside, in Django admin: for administrators, with reasons, without patients."""

from typing import Any

import pytest

from archive.models import Conflict, Quarantined
from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from tests.conftest import Actor, make_actor
from tests.small_objects import as_bytes, ct_image

pytestmark = pytest.mark.django_db(transaction=True)  # admin's views run on threads of their own

LISTS = ("/admin/archive/conflict/", "/admin/archive/quarantined/")
MODELS: tuple[Any, ...] = (Conflict, Quarantined)


@pytest.fixture
def kept_aside() -> None:
    files = [
        IncomingFile(data=as_bytes(ct_image()), source="Synthetic^Sam/1.dcm"),
        IncomingFile(data=as_bytes(ct_image(PixelData=bytes(32))), source="Synthetic^Sam/2.dcm"),
        IncomingFile(data=b"not an image", source="Synthetic^Sam/3.dcm"),
    ]
    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    assert [outcome.status for outcome in outcomes] == ["stored", "conflict", "refused"]


@pytest.fixture
def root(db: None) -> Actor:
    return make_actor("root", "administrator")


def test_administrators_see_reasons_and_no_patient(root, kept_aside):
    client = root.client()
    pages = [client.get(url) for url in LISTS]
    pages += [client.get(f"{url}{model.objects.get().pk}/change/") for url, model in zip(LISTS, MODELS, strict=True)]
    assert [page.status_code for page in pages] == [200] * 4
    for page, reason in zip(pages, ("Other content is stored under this SOP Instance UID.", "This is not a DICOM file.") * 2, strict=True):
        assert reason in page.content.decode()
        assert "Synthetic" not in page.content.decode()
        assert "P-1" not in page.content.decode()


def test_nobody_changes_them(root, kept_aside):
    client = root.client()
    for url, model in zip(LISTS, MODELS, strict=True):
        row = model.objects.get()
        assert client.get(f"{url}add/").status_code == 403
        assert client.post(f"{url}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"{url}{row.pk}/change/", {"reason": "none"}).status_code == 403
        assert model.objects.get().reason == row.reason


def test_others_see_neither_list(alice, charlie, kept_aside):
    for actor in (alice, charlie):
        for url in LISTS:
            answer = actor.client().get(url, follow=True)
            assert answer.status_code in (403, 404)
            assert b"SOP Instance UID" not in answer.content
