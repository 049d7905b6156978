"""manage.py verify_audit: check the audit log's hash chain; names the first bad entry and exits with 1 if there is one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.services.audit import verify


class Command(BaseCommand):
    help = "Check the audit log's hash chain from the first entry to the last."

    def handle(self, *args: Any, **options: Any) -> None:
        entries, sha256, broken = verify()
        if broken is not None:
            raise CommandError(f"entry {broken.index} {broken.reason}")
        self.stdout.write(f"{entries} entries, unbroken; the last is {sha256}")
