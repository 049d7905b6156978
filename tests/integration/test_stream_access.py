"""Who may open a stream, and how soon it ends when they may no longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import requests
from websockets.exceptions import InvalidStatus

from tests.integration import drawings
from tests.integration.conftest import StreamServer
from tests.integration.stream_peer import StreamPeer, stream
from viewer.core.messages import Kind

pytestmark = pytest.mark.integration

UNKNOWN = "1.2.3.4.5"


async def refused_with(stream_server: StreamServer, **options: object) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with stream(stream_server.url, **options):  # type: ignore[arg-type]
            pass
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"
    return refused.value.response.status_code


async def test_nobody_is_refused(stream_server: StreamServer) -> None:
    assert await refused_with(stream_server) == 401
    assert await refused_with(stream_server, token="vbx_wrong") == 401


async def test_origin_is_checked_for_cookies(stream_server: StreamServer) -> None:
    session = await asyncio.to_thread(stream_server.sign_in, "alice")
    right = stream_server.cookies(session)
    async with stream(stream_server.url, headers=right) as peer:
        assert (await peer.status())["rendered"] == 0
    missing = {"Cookie": right["Cookie"]}
    assert await refused_with(stream_server, headers=missing) == 403
    for wrong in ("http://elsewhere.example", stream_server.url.replace("127.0.0.1", "localhost"), "http://127.0.0.1:1", "null"):
        assert await refused_with(stream_server, headers={**right, "Origin": wrong}) == 403
    async with stream(stream_server.url, token=stream_server.tokens["alice"], headers={"Origin": "http://elsewhere.example"}) as peer:
        assert (await peer.status())["rendered"] == 0, "a token is no cookie: nobody sends it by accident"


async def closed_within_a_second(peer: StreamPeer, happens: Callable[[], Awaitable[float]]) -> int:
    """Let something happen that returns when it took effect (time.time()); return the close code, at most 1 s after."""
    ends_at: list[float] = []

    async def watch() -> int:
        code = await peer.closed()
        ends_at.append(time.time())
        return code

    watching = asyncio.create_task(watch())
    happened_at = await happens()
    code = await watching
    assert ends_at[0] - happened_at < 1.0
    return code


async def test_sign_out_closes_the_socket_within_a_second(stream_server: StreamServer) -> None:
    session = await asyncio.to_thread(stream_server.sign_in, "alice")

    async def sign_out() -> float:
        await asyncio.to_thread(stream_server.sign_out, session)
        return time.time()

    async with stream(stream_server.url, headers=stream_server.cookies(session)) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        assert await closed_within_a_second(peer, sign_out) == 4401


async def change(stream_server: StreamServer, code: str) -> float:
    """Run Python in the server's database from another process; return when it had committed."""
    imports = "import time\nfrom governance.models import User, ApiToken, Role\nfrom django.utils import timezone"
    program = f"{imports}\n{code}\nprint('at', time.time())"
    printed = await asyncio.to_thread(stream_server.server.manage, "shell", "-c", program)
    return float(printed.rsplit("at ", 1)[1])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ApiToken.objects.filter(user__username='dora').update(revoked_at=timezone.now())", 4401),
        ("u = User.objects.get(username='dora'); u.is_active = False; u.save()", 4401),
        ("User.objects.get(username='dora').roles.set([Role.objects.get(code='board-member')])", 4403),
        ("User.objects.get(username='dora').departments.clear()", 4403),
    ],
)
async def test_lost_rights_close_the_socket_within_a_second(stream_server: StreamServer, code: str, expected: int) -> None:
    server = stream_server.server
    await asyncio.to_thread(server.create_user, "dora", "clinician", "radiology")
    await change(stream_server, "u = User.objects.get(username='dora'); u.is_active = True; u.save()")
    token = await asyncio.to_thread(server.token, "dora")
    async with stream(stream_server.url, token=token) as peer, stream(stream_server.url, token=stream_server.tokens["alice"]) as other:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        assert await closed_within_a_second(peer, lambda: change(stream_server, code)) == expected
        assert (await other.status())["rendered"] == 0, "others go on"


async def test_what_may_not_be_seen_looks_like_what_does_not_exist(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["charlie"]) as peer:
        answers = []
        for viewport, series in enumerate((stream_server.series("A"), stream_server.series("S"), UNKNOWN)):
            await peer.subscribe(viewport, 1, series)
            await peer.say(Kind.VIEW, viewport, sequence=1, index=0, view={})
            fault = (await peer.hear_kind(Kind.FAULT)).document
            fault.pop("correlation_id")
            answers.append(fault)
            assert (await peer.status())["rendered"] == 0
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["status"], answers[0]["code"]) == (404, 4404)


def test_tiles_and_thumbnails_look_the_same_too(stream_server: StreamServer) -> None:
    series, instance = stream_server.series("S"), drawings.uid("slide", "S")
    paths = {
        f"/tiles/{series}": f"/tiles/{UNKNOWN}",
        f"/tiles/{series}/0/0/0": f"/tiles/{UNKNOWN}/0/0/0",
        f"/thumbnails/{instance}": f"/thumbnails/{UNKNOWN}",
    }
    for forbidden, unknown in paths.items():
        answers = []
        for path in (forbidden, unknown):
            answer = requests.get(
                stream_server.url + path, headers={"Authorization": f"Bearer {stream_server.tokens['charlie']}"}, timeout=20
            )
            body = answer.json()
            body.pop("correlation_id")
            headers = {name: value for name, value in answer.headers.items() if name not in ("date", "Date")}
            answers.append((answer.status_code, body, headers))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
        assert requests.get(stream_server.url + forbidden, timeout=20).status_code == 401


async def test_openings_and_frames_are_audited(stream_server: StreamServer) -> None:
    await asyncio.to_thread(stream_server.server.create_user, "erin", "radiologist", "radiology")
    token = await asyncio.to_thread(stream_server.server.token, "erin")
    async with stream(stream_server.url, token=token) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        await peer.subscribe(2, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        await peer.queue(1, 0, list(range(7)))
        await peer.pictures(7)
    study = drawings.uid("study", "A")
    program = (
        "from governance.models import AuditEntry\n"
        f"print([(e.action, e.detail) for e in AuditEntry.objects.filter(actor='erin', study_instance_uid='{study}')])"
    )
    async with asyncio.timeout(20):
        printed = ""
        while "frames sent" not in printed:
            printed = await asyncio.to_thread(stream_server.server.manage, "shell", "-c", program)
    assert printed.count("study opened") == 1
    assert printed.count("frames sent") == 1
    assert '"frames":7' in printed.replace(" ", "")
