"""manage.py create_user NAME [NAME …] --role ROLE [--department D]… [--password P | --no-password]: make users, or bring them to this role
and these departments."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance.core.faults import Fault
from governance.core.policy import Role, operator
from governance.services import people


class Command(BaseCommand):
    help = "Make users, or bring existing ones to exactly this role and these departments. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--department", action="append", default=[], help="repeat for several; an unknown one is created")
        password = parser.add_mutually_exclusive_group()
        password.add_argument("--password", help="without it a new user gets one, printed; an existing user keeps theirs")
        password.add_argument("--no-password", action="store_true", help="a new user gets none: for who only uses tokens")

    def handle(self, *args: Any, names: list[str], role: str, department: list[str], **options: Any) -> None:
        lines: list[str] = []
        try:
            new_departments = people.unknown_departments(actor=operator("create_user"), departments=department)
            with transaction.atomic():  # all or none
                for name in names:
                    lines += _brought_to(name, role, department, options["password"], makes_one=not options["no_password"])
        except Fault as exc:
            raise CommandError(str(exc)) from exc
        for slug in new_departments:
            self.stdout.write(f"note: department {slug} is new")
        if not department and role not in (Role.SERVICE, Role.ADMINISTRATOR):
            self.stdout.write("note: a person without a department sees no studies")
        for line in lines:
            self.stdout.write(line)


def _brought_to(name: str, role: str, departments: list[str], password: str | None, *, makes_one: bool) -> list[str]:
    """Make or change one user and return what to say about it. makes_one: a new user without a password gets one."""
    actor = operator("create_user")
    exists = people.user_exists(actor=actor, username=name)
    generated = secrets.token_urlsafe(12) if makes_one and not exists and not password else None
    user = people.create_user(actor=actor, username=name, role=role, departments=departments, password=password or generated)
    lines = [] if user.is_active else [f"note: {user.username} is inactive and stays so; an administrator can change that"]
    lines.append(f"{'updated' if exists else 'created'} {user.username}: {role}, {', '.join(departments) or 'no department'}")
    return [*lines, f"password: {generated}"] if generated else lines
