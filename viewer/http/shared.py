"""Shared views over HTTP: what is done by a click and needs no stream. Errors are Problem Details (RFC 9457).

A key that is unknown, or whose shared view ended, or in which the actor takes no part, is 404.
"""

from typing import Any

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from governance.core.faults import Malformed, TooLarge, Unsupported
from governance.core.policy import Subject
from governance.services.people import find_people
from viewer.core.person_name import name_words
from viewer.core.shared_messages import parse_panes, parse_study, parse_username
from viewer.http.api import PageView
from viewer.services import shared_people, shared_views
from viewer.services.shared_access import require_taking_part
from viewer.services.shared_people import SharedCard

MAX_BODY_BYTES = 64 * 1024
MAX_USERNAMES = 200
MAX_QUESTION = 200


class PartView(PageView):
    """A view for people who could take part: 401 for nobody, 404 for machines, before anything of the request is looked at."""

    def actor(self, request: Request) -> Subject:
        actor = super().actor(request)
        require_taking_part(actor)
        return actor


class SharedViewsView(PartView):
    """GET /api/shared-views: the open ones that the actor opened or was invited to. POST: open one."""

    def get(self, request: Request) -> Response:
        cards = shared_people.my_shared_views(actor=self.actor(request))
        return Response({"shared_views": [_card(card) for card in cards]})

    def post(self, request: Request) -> Response:
        actor, body = self.actor(request), document_of(request, {"study_instance_uid"}, {"panes", "active"})
        study = parse_study(body["study_instance_uid"])
        panes = parse_panes(body.get("panes", [None]))
        active = body.get("active", 0)
        if type(active) is not int or not 0 <= active < len(panes):
            raise Malformed("active must be one of the panes")
        head = shared_views.open_shared_view(actor=actor, study_instance_uid=study, panes=panes, active=active)
        return Response({"key": head.key, "url": _url(head.key)}, status=201)


class PeopleView(PartView):
    """POST /api/shared-views/<key>/people {"usernames"}: invite; answers who takes part."""

    def post(self, request: Request, key: str) -> Response:
        actor = self.actor(request)
        people = shared_people.invite(actor=actor, key=key, usernames=_usernames(request))
        return Response({"people": [{"person": each.username, "name": each.name, "how": each.how} for each in people]})


class PersonView(PartView):
    """DELETE /api/shared-views/<key>/people/<username>: end someone's part."""

    def delete(self, request: Request, key: str, username: str) -> Response:
        shared_people.remove_person(actor=self.actor(request), key=key, username=username)
        return Response(status=204)


class GrantsView(PartView):
    """POST /api/shared-views/<key>/grants {"usernames"}: let people who take part see what hangs now."""

    def post(self, request: Request, key: str) -> Response:
        actor = self.actor(request)
        shared_people.show_withheld(actor=actor, key=key, usernames=_usernames(request))
        return Response({})


class EndView(PartView):
    """POST /api/shared-views/<key>/end: end it for all."""

    def post(self, request: Request, key: str) -> Response:
        shared_views.end_shared_view(actor=self.actor(request), key=key)
        return Response(status=204)


class FindPeopleView(PartView):
    """GET /api/people?q=: people of the house whom one may invite, by the beginnings of their names."""

    def get(self, request: Request) -> Response:
        actor, words = self.actor(request), request.query_params.get("q", "")
        if len(words) > MAX_QUESTION or "\x00" in words:
            raise Malformed("too much to search for")
        return Response({"people": find_people(actor=actor, words=words)})


def document_of(request: Request, needed: set[str], optional: set[str] | None = None) -> dict[str, Any]:
    """Return a request's JSON object with exactly these fields. Raises: Unsupported, TooLarge, Malformed."""
    if request._request.content_type != "application/json":
        raise Unsupported("media type")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise TooLarge("body")
    try:
        body = orjson.loads(request._request.body)
    except orjson.JSONDecodeError as exc:
        raise Malformed("body is not JSON") from exc
    if not isinstance(body, dict) or needed - body.keys() or body.keys() - needed - (optional or set()):
        raise Malformed("body must be an object with the documented fields")
    return body


def _usernames(request: Request) -> list[str]:
    usernames = document_of(request, {"usernames"})["usernames"]
    if not isinstance(usernames, list) or not 1 <= len(usernames) <= MAX_USERNAMES:
        raise Malformed(f"usernames must be a list of 1 to {MAX_USERNAMES}")
    return [parse_username(username) for username in usernames]


def _card(card: SharedCard) -> dict[str, Any]:
    study = card.study
    return {
        "key": card.key,
        "url": _url(card.key),
        "opened_by": card.opened_by,
        "opened_by_name": card.opened_by_name,
        "presenter": card.presenter,
        "presenter_name": card.presenter_name,
        "since": card.since.isoformat(timespec="seconds"),
        "study": None
        if study is None
        else {
            "patient_name": name_words(study.patient_name),
            "description": study.description or None,
            "study_date": study.study_date or None,
        },
    }


def _url(key: str) -> str:
    return f"/shared/{key}"
