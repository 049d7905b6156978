"""The pages of signing in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.core.faults import Denied, Exhausted, Fault, Unidentified
from governance.http.desk import at_desk
from governance.services import sign_in as service
from governance.services.access import authenticate_request, forget, subject_of_user

SENTENCES: dict[type[Fault], str] = {
    Unidentified: "User name or password is wrong.",
    Exhausted: f"Too many attempts. Wait {service.THROTTLE_S // 60} minutes, then try again.",
    Denied: "This account has no pages. Ask an administrator for a role.",
}


class SignInForm(AuthenticationForm):
    """Name and password; validating it is the attempt to sign in."""

    throttled = False

    def clean(self) -> dict[str, Any]:
        try:
            self.user_cache = service.check_credentials(
                username=self.cleaned_data.get("username", ""),
                password=self.cleaned_data.get("password", ""),
                address=_address(self.request),
            )
        except Fault as fault:
            self.throttled = isinstance(fault, Exhausted)
            raise ValidationError(SENTENCES[type(fault)]) from fault
        return self.cleaned_data


@at_desk
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form; on success begin a new session and go where the person wanted to."""
    target = _safe_target(request)
    if request.method != "POST":
        return render(request, "governance/sign_in.html", {"form": AuthenticationForm(), "next": target})
    form = SignInForm(request, data=request.POST)
    if form.is_valid():
        user = form.get_user()
        request.session.flush()  # a new session, whoever was signed in here before
        login(request, user)
        request.session.save()
        service.signed_in(actor=subject_of_user(user, request.session.session_key or ""), address=_address(request))
        return HttpResponseRedirect(target)
    response = render(request, "governance/sign_in.html", {"form": form, "next": target}, status=429 if form.throttled else 200)
    if form.throttled:
        response["Retry-After"] = str(service.THROTTLE_S)
    return response


@at_desk
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session: its row is deleted, so that its streams close within a second."""
    actor = authenticate_request(request)
    logout(request)
    if actor.user_id is not None:
        forget(actor.session_key)
        service.signed_out(actor=actor)
    response = HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL or "/")
    response["Clear-Site-Data"] = '"cache", "storage"'  # thumbnails and tiles that the browser kept
    return response


def _address(request: HttpRequest | None) -> str:
    """Return the peer's address as the server saw it; behind a proxy uvicorn has put the client's there."""
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""


def _safe_target(request: HttpRequest) -> str:
    """Return the page to go to after signing in: one of ours, whatever the link said."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return settings.LOGIN_REDIRECT_URL or "/"
