"""uvicorn's HTTP protocol with a short way out for answers that are there as a whole: a head and a body to the transport, nothing copied.

Two ASGI messages, a coroutine each, and looking for forbidden characters in headers that we made ourselves took an eighth of what a
rendered picture costs the event loop. What travels is the same. An application that doesn't use the extension notices nothing.
"""

from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

EXTENSION = "viewbox.whole_answer"


class WholeAnswers(HttpToolsProtocol):
    """One connection. scope["extensions"][EXTENSION]["answer"](status, head, body) answers a request; False: `send` has to."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.scope["extensions"] = {EXTENSION: {"answer": partial(_answer, cycle)}}
        super()._start_asgi_task(cycle, app)


def _answer(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
    """Send a whole answer. head: header lines, Content-Length among them, each with CRLF at its end; trusted to be well formed."""
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
        return False
    dated = b"".join(b"%b: %b\r\n" % each for each in cycle.default_headers)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.writelines((b"%b%b%b\r\n" % (STATUS_LINE[status], dated, head), body))
    cycle.message_event.set()
    cycle.on_response()
    return True
