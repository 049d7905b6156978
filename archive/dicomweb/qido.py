"""QIDO-RS: search for studies, series and instances (PS3.18 10.6), answered in DICOM JSON.

Decisions that the standard leaves open: nothing found is 200 with []; a study or series in the path that isn't there for this
actor is 404; an attribute that can't be matched is ignored under Warning 299; what is no attribute at all is 400.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from archive.core.dicom_json import data_set
from archive.core.query import MORE_RESULTS, AnyOf, Level, Query, parse_query
from archive.services.search import Results, find_instances, find_series, find_studies, is_there
from governance.core.faults import Malformed, NotAcceptable, NotFound
from governance.core.policy import Subject
from governance.services.access import authenticate_request
from governance.services.database import run_in_database

MEDIA_TYPE = "application/dicom+json"
ACCEPTED = ("*/*", "application/*", MEDIA_TYPE, "application/json")
SERVICES: dict[Level, Callable[..., Results]] = {"study": find_studies, "series": find_series, "instance": find_instances}

View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def search_view(level: Level) -> View:
    """Return the view that searches at one level; UIDs in its path narrow the search."""

    @csrf_exempt
    @require_safe
    async def view(request: HttpRequest, study_instance_uid: str = "", series_instance_uid: str = "") -> HttpResponse:
        check_accept(request)
        query = _with_path(parse_query(level, _parameters(request)), study_instance_uid, series_instance_uid)
        results = await run_in_database(_search, request, query, study_instance_uid, series_instance_uid)
        base = request.build_absolute_uri("/dicomweb")
        body = orjson.dumps([data_set(_returned(row, base)) for row in results.rows])
        response = HttpResponse(body, content_type=MEDIA_TYPE)
        warnings = [*query.warnings, *([MORE_RESULTS] if results.is_cut else [])]
        if warnings:
            response["Warning"] = ", ".join(f'299 {base} "{text}"' for text in warnings)
        return response

    return view


def check_accept(request: HttpRequest) -> None:
    """Let through who takes DICOM JSON, by Accept or by the accept parameter that goes before it (PS3.18 8.3.3.1).

    Raises: NotAcceptable.
    """
    stated = request.GET.get("accept") or request.META.get("HTTP_ACCEPT") or "*/*"
    ranges = [part.partition(";") for part in stated.split(",")]
    if not any(name.strip().lower() in ACCEPTED and "q=0" not in rest.replace(" ", "").split(";") for name, _, rest in ranges):
        raise NotAcceptable("DICOM JSON only")


def _search(request: HttpRequest, query: Query, study_instance_uid: str, series_instance_uid: str) -> Results:
    actor: Subject = authenticate_request(request)
    results = SERVICES[query.level](actor=actor, query=query)
    in_path = {"study_instance_uid": study_instance_uid, "series_instance_uid": series_instance_uid}
    if not results.rows and study_instance_uid and not is_there(actor=actor, **in_path):
        raise NotFound("study or series")
    return results


def _parameters(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name in request.GET for value in request.GET.getlist(name)]


def _with_path(query: Query, study_instance_uid: str, series_instance_uid: str) -> Query:
    """Add the UIDs of the path to what is matched. Raises: Malformed when the parameters name such a UID too."""
    path = {"StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series_instance_uid}
    own = [AnyOf(keyword, (uid,)) for keyword, uid in path.items() if uid]
    if any(match.keyword == one.keyword for match in query.matches for one in own):
        raise Malformed("a UID is given in the path and as a parameter")
    return replace(query, matches=(*own, *query.matches))


def _returned(row: Mapping[str, Any], base: str) -> dict[str, Any]:
    """Add what is the same for all or follows from the UIDs (Tables 10.6.3-3 to 10.6.3-5): availability and where to retrieve."""
    url = f"{base}/studies/{row['StudyInstanceUID']}"
    if "SeriesInstanceUID" in row:
        url += f"/series/{row['SeriesInstanceUID']}"
    if "SOPInstanceUID" in row:
        url += f"/instances/{row['SOPInstanceUID']}"
    return {**row, "InstanceAvailability": "ONLINE", "RetrieveURL": url}
