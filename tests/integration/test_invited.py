"""An invitation over HTTP and on open streams: what it opens, how soon, and how soon it is gone (rule S17)."""

import asyncio
import time
from collections.abc import Callable

import pytest
import requests

from tests.integration import drawings
from tests.integration.conftest import StreamServer
from tests.integration.stream_peer import StreamPeer, stream
from tests.integration.test_stream_access import closed_within_a_second
from viewer.core.messages import Kind

pytestmark = pytest.mark.integration

INVITE = """
from governance.services.access import subject_of_user
from governance.services.invitations import invite
study = {study!r}
invite(actor=subject_of_user(User.objects.get(username="alice")), username={name!r}, study_instance_uid=study, department={department!r},
       context="shared view 1")
"""
END = """
from governance.core.policy import operator
from governance.services.invitations import end_invitations
end_invitations(actor=operator(), context="shared view 1", username={name!r})
"""


async def change(stream_server: StreamServer, code: str) -> float:
    """Run Python in the server's database from another process; return when it had committed."""
    program = f"import time\nfrom governance.models import Department, User\n{code}\nprint('at', time.time())"
    printed = await asyncio.to_thread(stream_server.server.manage, "shell", "-c", program)
    return float(printed.rsplit("at ", 1)[1])


async def person(stream_server: StreamServer, name: str) -> str:
    """Make a clinician without a department and return a token."""
    await asyncio.to_thread(stream_server.server.create_user, name, "clinician")
    return await asyncio.to_thread(stream_server.server.token, name)


async def opened_within_a_second(peer: StreamPeer, series: str, happens: Callable[[], "asyncio.Task[float]"]) -> None:
    """Subscribe again and again until it works; at most a second after something happened."""
    happening = happens()
    epoch = 1
    async with asyncio.timeout(30):
        while True:
            epoch += 1
            await peer.subscribe(1, epoch, series)
            answer = await peer.hear_until(lambda message: message.kind in (Kind.OPENED, Kind.FAULT))
            if answer.kind == Kind.OPENED:
                break
    opened_at = time.time()
    assert opened_at - await happening < 1.0


async def test_S17_an_invitation_reaches_an_open_stream_and_its_end_closes_it_within_a_second(stream_server: StreamServer) -> None:
    token = await person(stream_server, "greta")
    invite = INVITE.format(study=drawings.uid("study", "A"), name="greta", department="radiology")
    async with stream(stream_server.url, token=token) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        assert (await peer.hear_kind(Kind.FAULT)).document["status"] == 404
        await opened_within_a_second(peer, stream_server.series("A"), lambda: asyncio.create_task(change(stream_server, invite)))
        await peer.queue(1, 0, [3])
        [picture] = await peer.pictures(1)
        assert picture.payload
        await peer.subscribe(2, 1, stream_server.series("B"))
        assert (await peer.hear_kind(Kind.FAULT)).document["status"] == 404, "one study, not the department"
        assert await closed_within_a_second(peer, lambda: change(stream_server, END.format(name="greta"))) == 4403
    async with stream(stream_server.url, token=token) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        assert (await peer.hear_kind(Kind.FAULT)).document["status"] == 404


@pytest.mark.parametrize("what", ["departments.clear()", "roles.clear()"])
async def test_S17_what_the_inviter_loses_closes_the_invitees_stream_within_a_second(stream_server: StreamServer, what: str) -> None:
    server = stream_server.server
    await asyncio.to_thread(server.create_user, "ivy", "clinician", "radiology")
    token = await person(stream_server, "hugo")
    invite = INVITE.format(study=drawings.uid("study", "A"), name="hugo", department="radiology").replace("alice", "ivy")
    await change(stream_server, invite)
    async with stream(stream_server.url, token=token) as peer, stream(stream_server.url, token=stream_server.tokens["alice"]) as other:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        loses = f"User.objects.get(username='ivy').{what}"
        assert await closed_within_a_second(peer, lambda: change(stream_server, loses)) == 4403
        assert (await other.status())["rendered"] == 0, "others go on"


async def test_an_invitation_counts_on_every_way_to_the_pictures(stream_server: StreamServer) -> None:
    series, instance = stream_server.series("S"), drawings.uid("slide", "S")
    token = await person(stream_server, "iris")
    found = await asyncio.to_thread(_get, stream_server, stream_server.tokens["alice"], f"/dicomweb/instances?SOPInstanceUID={instance}")
    study = found.json()[0]["0020000D"]["Value"][0]
    finding = (f"/api/studies/{study}", f"/thumbnails/{instance}", f"/tiles/{series}", f"/tiles/{series}/0/0/0", f"/download/{instance}")
    lists = (f"/dicomweb/studies?StudyInstanceUID={study}", f"/dicomweb/series?SeriesInstanceUID={series}", "/api/studies")

    async def answers() -> list[bool]:
        one = [(await asyncio.to_thread(_get, stream_server, token, path)).status_code for path in finding]
        assert set(one) <= {200, 404}
        listed = [(await asyncio.to_thread(_get, stream_server, token, path)) for path in lists]
        return [status == 200 for status in one] + [str(study) in answer.text for answer in listed]

    assert not any(await answers())
    await change(stream_server, INVITE.format(study=study, name="iris", department="pathology"))
    assert all(await answers())
    await change(stream_server, END.format(name="iris"))
    assert not any(await answers())


def _get(stream_server: StreamServer, token: str, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept": "*/*"}
    return requests.get(stream_server.url + path, headers=headers, timeout=20, allow_redirects=False)
