"""manage.py create_token NAME: make a bearer token for a user; the last line printed is the token."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.faults import Fault
from governance.core.policy import operator
from governance.services.people import create_token


class Command(BaseCommand):
    help = "Make a bearer token for a user. It is shown this once; earlier tokens go on working until they are revoked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            token = create_token(actor=operator("create_token"), username=name)
        except Fault as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(token)
