"""Middleware of every Django response and request: strict headers, and one credential a request. Neither touches the database."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from governance.services.access import authenticate_request, bearer_token

# The one <style> that OpenSeadragon appends has this hash (CSP source expression), so that 'unsafe-inline' is not needed.
OPENSEADRAGON_STYLE_HASH = "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='"

_COMMON_CSP = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
PAGE_CSP = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {OPENSEADRAGON_STYLE_HASH}; "
    "img-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; " + _COMMON_CSP
)
ADMIN_CSP = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; {_COMMON_CSP}"
)
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip

SECURITY_HEADERS = {
    "Content-Security-Policy": PAGE_CSP,
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

GetResponse = Callable[[HttpRequest], Any]
Handler = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def security_headers(get_response: GetResponse) -> Handler:
    """Add SECURITY_HEADERS where the view has not said otherwise; pages of Django admin get the policy they work under."""

    def add(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        headers = response.headers
        if request.path.startswith("/admin/"):
            headers.setdefault("Content-Security-Policy", ADMIN_CSP)
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        return response

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            return add(request, await get_response(request))

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        return add(request, get_response(request))

    return handle


@sync_and_async_middleware
def subject(get_response: GetResponse) -> Handler:
    """Give the request its `subject`, looked up when first used, and let one credential count.

    A request with a bearer token is that token's alone: its session cookie is put aside, so that it needs no CSRF token
    (no browser adds such a header by itself, and nothing in the request speaks for a signed-in person). Stands before SessionMiddleware.
    """

    def prepare(request: HttpRequest) -> None:
        if bearer_token(request.META.get("HTTP_AUTHORIZATION", "")) is not None:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            request.__dict__["_dont_enforce_csrf_checks"] = True
        request.__dict__["subject"] = SimpleLazyObject(lambda: authenticate_request(request))

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            prepare(request)
            response: HttpResponseBase = await get_response(request)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        prepare(request)
        response: HttpResponseBase = get_response(request)
        return response

    return handle
