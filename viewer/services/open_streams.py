"""The open streams of this process: who may go on, who has gone quiet, what was sent.

Every WATCH_S the rights behind all open streams are looked up in one go; a stream whose session, token or rights changed is
closed, so that sign-out and a changed role take effect within a second (DESIGN.md section 6). A new invitation reaches it as soon.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from governance.core.faults import Denied, Exhausted, Unidentified, answer_for
from governance.core.policy import ANONYMOUS
from governance.services import access, audit
from governance.services.database import run_in_database, run_on_watch
from viewer.services.streaming import IDLE_S, StreamSession

log = logging.getLogger("viewbox.stream")

WATCH_S = 0.4
FLUSH_S = 30.0
PATIENCE_S = 5.0  # so long rights may stay unknown before streams are closed


def _is_identified(headers: Mapping[bytes, bytes]) -> bool:
    return access.subject_of_headers(headers) != ANONYMOUS


class OpenStreams:
    """The registry of one event loop's sessions."""

    def __init__(self) -> None:
        self._sessions: dict[StreamSession, Mapping[bytes, bytes]] = {}
        self._watch: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: StreamSession, headers: Mapping[bytes, bytes]) -> None:
        """Watch over a session until it is removed. headers: those it signed in with."""
        self._sessions[session] = headers
        if self._watch is None or self._watch.done() or self._watch.get_loop() is not asyncio.get_running_loop():
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())

    async def remove(self, session: StreamSession) -> None:
        """Forget a session and write down what it was sent."""
        self._sessions.pop(session, None)
        _count(session)
        await run_in_database(audit.flush_frames)

    async def _keep_watch(self) -> None:
        known_at = flushed_at = time.monotonic()
        while self._sessions:
            await asyncio.sleep(WATCH_S)
            sessions = list(self._sessions)
            try:
                current = await run_on_watch(access.current_subjects, {session.actor for session in sessions})
                for session in sessions:
                    actor = current.get(session.actor)
                    if actor is None:
                        await self._close(session)
                    else:
                        session.actor = actor  # with what it was invited to meanwhile
                now = known_at = time.monotonic()
                if now - flushed_at > FLUSH_S:
                    flushed_at = now
                    for session in sessions:
                        _count(session)
                    await run_in_database(audit.flush_frames)
            except Exception:
                log.exception("rights of open streams could not be looked up")
                if time.monotonic() - known_at > PATIENCE_S:
                    for session in sessions:
                        session.end(answer_for(Exhausted()).websocket)
            for session in sessions:
                if time.monotonic() - session.heard_at > IDLE_S:
                    session.end(answer_for(Exhausted()).websocket)

    async def _close(self, session: StreamSession) -> None:
        headers = self._sessions.get(session)
        if headers is None:
            return
        identified = await run_on_watch(_is_identified, headers)
        session.end(answer_for(Denied() if identified else Unidentified()).websocket)


def _count(session: StreamSession) -> None:
    counted, session.frames_sent = session.frames_sent, type(session.frames_sent)()
    for study_instance_uid, frames in counted.items():
        audit.count_frames(actor=session.actor, study_instance_uid=study_instance_uid, frames=frames)


open_streams = OpenStreams()
