"""STOW-RS: the ASGI application itself, fed piece by piece."""

from collections.abc import MutableMapping
from typing import Any

import orjson
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from archive.dicomweb.stow import StowRouter
from archive.models import Instance
from archive.services.spool import clear_abandoned_rooms
from governance.core.policy import operator
from governance.services.people import create_token
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db(transaction=True)

REFERENCED, FAILED, OTHER, REASON, COMMENT, URL = "00081199", "00081198", "0008119A", "00081197", "00000902", "00081190"
RELATED = 'multipart/related; type="application/dicom"; boundary="a b"'


class Answer:
    """What came back."""

    def __init__(self, messages: list[MutableMapping[str, Any]]) -> None:
        self.status = messages[0]["status"]
        self.headers = dict(messages[0]["headers"])
        self.document = orjson.loads(messages[1]["body"])

    def reasons(self, tag: str) -> list[int]:
        return [item[REASON]["Value"][0] for item in self.document[tag]["Value"]]


async def django(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def post(
    body: bytes,
    *,
    path="/dicomweb/studies",
    headers: dict[str, str] | None = None,
    method="POST",
    piece=777,
    leave_after: int | None = None,
) -> Any:  # an Answer, or None when the sender left
    """Send one request in pieces; leave_after: hang up after so many bytes."""
    sent: list[MutableMapping[str, Any]] = []
    end = len(body) if leave_after is None else leave_after
    incoming: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[start : min(start + piece, end)], "more_body": start + piece < len(body)}
        for start in range(0, max(end, 1), piece)
    ]
    incoming.append({"type": "http.disconnect"})
    every = {"host": "localhost", "content-type": RELATED, **(headers or {})}
    scope = {
        "type": "http", "method": method, "path": path, "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in every.items() if value],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await StowRouter(django)(scope, receive, send)
    return Answer(sent) if sent else None


def body_of(*parts: bytes, content_type: str = "application/dicom") -> bytes:
    head = b"--a b\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n"
    return b"".join(head + part + b"\r\n" for part in parts) + b"--a b--\r\n"


@pytest.fixture
def token(bob) -> dict[str, str]:
    return {"authorization": f"Bearer {create_token(actor=operator(), username='bob')}"}


async def test_instances_are_stored_and_referenced(token):
    answer = await post(body_of(as_bytes(ct_image("a")), as_bytes(ct_image("b"))), headers=token)
    assert answer.status == 200
    study = f"http://localhost/dicomweb/studies/{uid('study', 'study')}"
    assert answer.document[URL]["Value"] == [study]
    assert [item["00081155"]["Value"][0] for item in answer.document[REFERENCED]["Value"]] == [uid("instance", "a"), uid("instance", "b")]
    assert answer.document[REFERENCED]["Value"][0][URL]["Value"] == [
        f"{study}/series/{uid('series', 'study')}/instances/{uid('instance', 'a')}"
    ]
    assert not {FAILED, OTHER} & set(answer.document)
    assert answer.headers[b"content-type"] == b"application/dicom+json"
    again = await post(body_of(as_bytes(ct_image("a"))), headers=token)
    assert (again.status, await Instance.objects.acount()) == (200, 2)


@pytest.mark.parametrize("piece", [1, 13, 100_000])
async def test_pieces_of_any_size(token, piece):
    answer = await post(body_of(as_bytes(ct_image())), headers=token, piece=piece)
    assert (answer.status, await Instance.objects.acount()) == (200, 1)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/related; type=application/dicom; boundary=a b",
        'multipart/related; boundary="a b"; type="application/dicom"; transfer-syntax=*',
        'Multipart/Related; boundary="a b"',
    ],
)
async def test_content_types_as_senders_write_them(token, content_type):
    answer = await post(body_of(as_bytes(ct_image())), headers={**token, "content-type": content_type})
    assert answer.status == 200


async def test_a_single_instance_without_multipart(token):
    answer = await post(as_bytes(ct_image()), headers={**token, "content-type": "application/dicom"})
    assert (answer.status, await Instance.objects.acount()) == (200, 1)


async def test_some_stored_some_not(token):
    good, cut = as_bytes(ct_image("a")), as_bytes(ct_image("b"))[:-3]
    other = as_bytes(ct_image("a", PixelData=bytes(32)))
    private = as_bytes(ct_image("c")).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.113619.5.2\0\0")
    answer = await post(body_of(good, cut, other, b"hello", private), headers=token)
    assert answer.status == 202
    assert answer.reasons(FAILED) == [0x0111]
    assert sorted(answer.reasons(OTHER)) == sorted([0xC000, 0x0122, 0xC122])
    comments = [item[COMMENT]["Value"][0] for item in answer.document[OTHER]["Value"]]
    assert comments[0].startswith("Pixel Data is cut short: 32 bytes are declared")
    assert all(len(comment) <= 64 for comment in comments)
    assert await Instance.objects.acount() == 1


async def test_nothing_stored_is_a_conflict(token):
    answer = await post(body_of(b"hello"), headers=token)
    assert (answer.status, answer.reasons(OTHER)) == (409, [0x0122])
    assert b"This is not a DICOM file." in answer.headers[b"warning"]


async def test_a_part_of_another_type_is_refused_and_the_rest_goes_on(token):
    picture = b"--a b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n"
    answer = await post(picture + body_of(as_bytes(ct_image())), headers=token)
    assert (answer.status, answer.reasons(OTHER)) == (202, [0x0122])


async def test_another_study_than_in_the_path(token):
    path = f"/dicomweb/studies/{uid('study', 1)}"
    answer = await post(body_of(as_bytes(ct_image("a", study=1)), as_bytes(ct_image("b", study=2))), path=path, headers=token)
    assert (answer.status, answer.reasons(FAILED)) == (202, [0xA900])
    refused = await post(body_of(as_bytes(ct_image("a", study=1))), path="/dicomweb/studies/not-a-uid", headers=token)
    assert refused.status == 400


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 415),
        ({"content-type": ""}, b"", 415),
        ({"content-type": 'multipart/related; type="application/dicom+json"; boundary=b'}, b"--b--", 415),
        ({"content-encoding": "gzip"}, b"", 415),
        ({"content-type": "multipart/related; type=application/dicom"}, b"--b--", 400),
        ({}, b"no boundary", 400),
        ({}, b"--a b--\r\n", 400),
        ({}, b"", 400),
        ({}, body_of(b"x")[:-9], 400),
        ({"host": "elsewhere.example"}, b"", 400),
        ({"authorization": ""}, b"", 401),
        ({"authorization": "Bearer wrong"}, b"", 401),
        ({"content-length": "99999999999999"}, b"", 413),
    ],
)
async def test_requests_that_cannot_be_taken(token, headers, body, status):
    answer = await post(body, headers={**token, **headers})
    assert answer.status == answer.document["status"] == status
    assert answer.headers[b"content-type"] == b"application/problem+json"
    assert answer.document["title"]
    assert await Instance.objects.acount() == 0


async def test_the_limit_holds_without_a_content_length(token, monkeypatch):
    monkeypatch.setattr(settings, "STOW_MAX_REQUEST_BYTES", 2_000_000)
    answer = await post(body_of(bytes(5_000_000)), headers=token, piece=100_000)
    assert answer.status == 413
    assert list(settings.SPOOL_DIR.iterdir()) == []


async def test_who_may_only_read_is_told_before_the_body_is_read(alice):
    reader = {"authorization": f"Bearer {await sync_to_async(create_token)(actor=operator(), username='alice')}"}
    answer = await post(body_of(as_bytes(ct_image())), headers=reader, leave_after=0)
    assert (answer.status, await Instance.objects.acount()) == (403, 0)


async def test_a_browsers_session_counts_from_our_own_pages_alone(bob):
    client = await bob.async_client()
    cookie = {"cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())}
    body = body_of(as_bytes(ct_image()))
    assert (await post(body, headers=cookie)).status == 403
    assert (await post(body, headers={**cookie, "origin": "http://evil.example"})).status == 403
    assert (await post(body, headers={**cookie, "origin": "http://localhost"})).status == 200


async def test_a_sender_that_leaves_stores_nothing(token):
    assert await post(body_of(as_bytes(ct_image())), headers=token, leave_after=400, piece=200) is None
    assert await Instance.objects.acount() == 0
    assert list(settings.SPOOL_DIR.iterdir()) == []


async def test_other_requests_are_djangos(token):
    for method, path in (("GET", "/dicomweb/studies"), ("POST", "/dicomweb/series"), ("POST", "/")):
        assert (await post(b"", method=method, path=path)).status == 299


def test_rooms_of_dead_processes_are_cleared_and_living_ones_stay():
    import fcntl

    settings.SPOOL_DIR.mkdir(parents=True, exist_ok=True)
    for name in ("dead", "alive"):
        (settings.SPOOL_DIR / name).mkdir()
        (settings.SPOOL_DIR / name / "part").write_bytes(b"x")
        (settings.SPOOL_DIR / f"{name}.lock").touch()
    with (settings.SPOOL_DIR / "alive.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert clear_abandoned_rooms() == 1
        assert sorted(path.name for path in settings.SPOOL_DIR.iterdir()) == ["alive", "alive.lock"]
