"""Work out the index's facts about stored instances again, from their bytes. Never stops at a damaged one."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from archive.services.refile import count_instances, refile
from governance.core.policy import operator


class Command(BaseCommand):
    """manage.py refile [--after ROW]."""

    help = "Bring the index of stored instances up to date with what this release reads of them; may be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, metavar="ROW", help="go on behind this row, which a stopped run has named")

    def handle(self, *args: Any, after: int, **options: Any) -> None:
        seen = changed = 0
        unreadable: list[tuple[str, str]] = []
        try:
            with tqdm(total=count_instances(after=after), unit=" instances", disable=not sys.stderr.isatty()) as bar:
                for done in refile(actor=operator("refile"), after=after):
                    after, seen, changed = done.last, seen + done.seen, changed + done.changed
                    unreadable += done.unreadable
                    bar.update(done.seen)
        except KeyboardInterrupt:
            self.stdout.write(f"Stopped. Go on with --after {after}")
        for sop_instance_uid, why in unreadable:
            self.stdout.write(f"left as it was: {sop_instance_uid}: {why}")
        self.stdout.write(f"{changed} of {seen} instances changed, {len(unreadable)} could not be read")
