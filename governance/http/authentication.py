"""Authentication of DRF views: the same subject as everywhere else."""

from dataclasses import dataclass

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from governance.core.policy import Subject
from governance.services.access import authenticate_request


@dataclass(frozen=True, slots=True)
class Principal:
    """What DRF calls a user: a subject that is signed in. `request.user.subject` is the actor of services."""

    subject: Subject
    is_authenticated: bool = True


class SubjectAuthentication(SessionAuthentication):
    """Session cookie with its CSRF token (DRF exempts its views from the middleware's check), or a bearer token without."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        subject = authenticate_request(request._request)
        if subject.user_id is None:
            return None
        self.enforce_csrf(request)
        return Principal(subject), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
