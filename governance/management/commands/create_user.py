"""manage.py create_user NAME --role ROLE [--department D]… [--password P]: make a user, or bring one to this role and these departments."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.core.faults import Fault
from governance.core.policy import Role, operator
from governance.services import people


class Command(BaseCommand):
    help = "Make a user, or bring an existing one to exactly this role and these departments. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--department", action="append", default=[], help="repeat for several; an unknown one is created")
        parser.add_argument("--password", help="without it a new user gets one, printed; an existing user keeps theirs")

    def handle(self, *args: Any, name: str, role: str, department: list[str], password: str | None, **options: Any) -> None:
        actor = operator("create_user")
        try:
            exists = people.user_exists(actor=actor, username=name)
            new_departments = people.unknown_departments(actor=actor, departments=department)
            generated = None if exists or password else secrets.token_urlsafe(12)
            user = people.create_user(actor=actor, username=name, role=role, departments=department, password=password or generated)
        except Fault as exc:
            raise CommandError(str(exc)) from exc
        for slug in new_departments:
            self.stdout.write(f"note: department {slug} is new")
        if not user.is_active:
            self.stdout.write("note: this user is inactive and stays so; an administrator can change that")
        if not department and role not in (Role.SERVICE, Role.ADMINISTRATOR):
            self.stdout.write("note: a person without a department sees no studies")
        self.stdout.write(f"{'updated' if exists else 'created'} {user.username}: {role}, {', '.join(department) or 'no department'}")
        if generated:
            self.stdout.write(f"password: {generated}")
