"""The site that Django admin's pages belong to: behind the one sign-in page, for administrators. The pages are in governance.admin."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import urlencode

from governance.core.policy import Action, Resource, decide
from governance.http.desk import at_desk
from governance.services.access import authenticate_request, require
from governance.services.audit import record


class AdministrationSite(AdminSite):
    """Django admin behind the one sign-in page, for administrators."""

    site_title = site_header = "Viewbox administration"
    index_title = "Who may see what"
    site_url = "/"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return decide(authenticate_request(request), Action.ADMINISTER, Resource()).allowed

    def get_urls(self) -> list[URLPattern | URLResolver]:
        urls = super().get_urls()
        for route in _routes(urls):
            route.callback = at_desk(route.callback)
        return urls

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send who is not signed in to the sign-in page, which throttles; tell others that this is not theirs."""
        target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        subject = authenticate_request(request)
        if subject.user_id is None:
            return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': target})}")
        require(subject=subject, action=Action.ADMINISTER, resource=Resource())
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))

    def logout(  # type: ignore[override]  # Django admin too answers with redirects
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Hand the form on to the one place where sessions end."""
        return HttpResponseRedirect(reverse("sign-out"), preserve_request=True)

    def password_change(  # type: ignore[override]  # as above
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            response = super().password_change(request, extra_context)
            if request.method == "POST" and response.status_code == 302:
                actor = authenticate_request(request)
                record(actor=actor, action="user changed", user=actor.username, fields=["password"])
        return response


def _routes(urls: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in urls:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from _routes(entry.url_patterns)
