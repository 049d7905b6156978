"""manage.py create_token NAME [NAME …]: make a bearer token for each of these users; one a line, the last line printed is a token."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance.core.faults import Fault
from governance.core.policy import operator
from governance.services.people import create_token


class Command(BaseCommand):
    help = "Make a bearer token for each user, in this order. It is shown this once; earlier tokens go on working until they are revoked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME")

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        try:
            with transaction.atomic():  # all or none: a token that nobody saw could not be revoked by who made it
                tokens = [create_token(actor=operator("create_token"), username=name) for name in names]
        except Fault as exc:
            raise CommandError(str(exc)) from exc
        for token in tokens:
            self.stdout.write(token)
