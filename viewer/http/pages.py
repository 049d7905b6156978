"""The pages: study list and viewer. Markup and boot data only; pictures and lists come by the stream and the JSON API."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.core.faults import NotFound
from governance.core.policy import Action, Resource, Role, Subject, decide
from governance.services.access import authenticate_request
from viewer.http.database_pool import in_database_pool
from viewer.services.shared_views import check_shared_view
from viewer.services.studies import check_study

INTENDED_USE = "not for primary diagnosis"


@in_database_pool
@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    """The study list. Nobody goes to sign in; who administers and reads nothing, to administration; machines have no pages."""
    subject = authenticate_request(request)
    return _elsewhere(request, subject) or render(request, "viewer/list.html", {"boot": _boot(request, subject)})


@in_database_pool
@require_safe
def study(request: HttpRequest, study_instance_uid: str) -> HttpResponse:
    """The viewer on one study: 404 when it is not there for this person. Its data, and the audit of its opening, come with the API."""
    subject = authenticate_request(request)
    elsewhere = _elsewhere(request, subject)
    if elsewhere:
        return elsewhere
    check_study(actor=subject, study_instance_uid=study_instance_uid)
    boot = {**_boot(request, subject), "study_instance_uid": study_instance_uid}
    return render(request, "viewer/study.html", {"boot": boot})


@in_database_pool
@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """The viewer in a shared view: 404 when that is unknown or ended, or this person was removed. What hangs comes with the stream."""
    subject = authenticate_request(request)
    elsewhere = _elsewhere(request, subject)
    if elsewhere:
        return elsewhere
    check_shared_view(actor=subject, key=key)
    return render(request, "viewer/study.html", {"boot": {**_boot(request, subject), "shared_view": key}})


def _elsewhere(request: HttpRequest, subject: Subject) -> HttpResponse | None:
    """Return the redirect of someone who has nothing to see here, or None. Raises: NotFound for machines."""
    if subject.user_id is None:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    if decide(subject, Action.READ, Resource()).allowed and decide(subject, Action.USE_PAGES, Resource()).allowed:
        return None
    if Role.ADMINISTRATOR in subject.roles:
        return HttpResponseRedirect("/admin/")
    raise NotFound("pages")


def _boot(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    return {
        "user": {"name": subject.username, "roles": sorted(subject.roles), "departments": sorted(subject.departments)},
        "csrf_token": get_token(request),
        "intended_use": INTENDED_USE,
    }
