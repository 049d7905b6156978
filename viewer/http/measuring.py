"""Values under the cursor and measurements, as JSON. Errors are Problem Details (RFC 9457).

A database thread decides (sign-in, CSRF of sessions, access, audit), a render thread reads the pixels.
"""

from collections.abc import Callable, Coroutine
from functools import partial, update_wrapper
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.request import Request

from governance.core.faults import Malformed, Unidentified
from governance.core.policy import Subject
from governance.services.database import run_in_database
from viewer.core.measurement import parse_measurement
from viewer.http.api import PageView
from viewer.http.shared import document_of
from viewer.services import pool
from viewer.services.measuring import measure, open_frame, quantities_on, values_at


class Pending(HttpResponse):
    """An answer whose body is still to be made: by `work`, on a render thread."""

    def __init__(self, work: Callable[[], dict[str, Any]], priority: pool.Priority) -> None:
        super().__init__()
        self.work = work
        self.priority = priority


class MeasuringView(PageView):
    """A view for who is signed in: 401 for nobody, before anything of the request is looked at."""

    def actor(self, request: Request) -> Subject:
        actor = super().actor(request)
        if actor.user_id is None:
            raise Unidentified("measuring")
        return actor


class ValuesView(MeasuringView):
    """GET /api/values/<uid>/<frame number>?column=&row=: the values of a pixel; without a pixel, what the frame's values mean."""

    def get(self, request: Request, sop_instance_uid: str, frame_number: str) -> HttpResponseBase:
        actor = self.actor(request)
        column, row = (_count(request.query_params.get(name)) for name in ("column", "row"))
        frame = open_frame(actor=actor, sop_instance_uid=sop_instance_uid, frame_number=int(frame_number))
        if column is None and row is None:
            return Pending(partial(quantities_on, frame), pool.Priority.STILL)
        if column is None or row is None:
            raise Malformed("column and row go together")
        return Pending(partial(values_at, frame, column=column, row=row), pool.Priority.INTERACTIVE)


class MeasurementsView(MeasuringView):
    """POST /api/measurements {"sop_instance_uid", "frame", "shape", "points"}: a length, or area and statistics. Nothing is stored."""

    def post(self, request: Request) -> HttpResponseBase:
        actor = self.actor(request)
        measurement = parse_measurement(document_of(request, {"sop_instance_uid", "frame", "shape", "points"}))
        frame = open_frame(actor=actor, sop_instance_uid=measurement.sop_instance_uid, frame_number=measurement.frame_number)
        return Pending(partial(measure, frame, measurement), pool.Priority.STILL)


def on_render_thread(view: Callable[..., HttpResponseBase]) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Return an async view: the sync one on a database thread, then the work it leaves on a render thread."""

    def decide(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        render = getattr(response, "render", None)
        return render() if render is not None else response

    async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = await run_in_database(decide, request, *args, **kwargs)
        if not isinstance(response, Pending):
            return response
        body = await pool.run(response.work, priority=response.priority)
        done = HttpResponse(orjson.dumps(body), content_type="application/json")
        done["Cache-Control"] = "no-store"
        return done

    update_wrapper(answer, view)  # keeps marks such as csrf_exempt
    return answer


def _count(stated: str | None) -> int | None:
    """Return a whole number from 0, None where it is left out. Raises: Malformed."""
    if stated is None:
        return None
    if not stated.isascii() or not stated.isdigit() or len(stated) > 9:
        raise Malformed("column and row are whole numbers from 0")
    return int(stated)
