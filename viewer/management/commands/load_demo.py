"""Draw the demo archive and store it, with one sign-in for each role. Loading it again is quick and changes nothing."""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from archive.services.ingest import IncomingFile, Status, store_instances
from archive.services.search import is_there
from demo.catalogue import ACCOUNTS, PASSWORD, VERSION, Part, parts
from governance.core.policy import Subject, operator
from governance.services.people import create_user, user_exists

BATCH_FILES = 64  # one transaction each, so that a volume is neither held in memory nor spooled as a whole


class Command(BaseCommand):
    """manage.py load_demo [--small]."""

    help = "Store the drawn demo archive and make one demo account a role; --small draws the same families in seconds, for tests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--small", action="store_true", help="few and small images, under UIDs of their own")

    def handle(self, *args: Any, small: bool = False, **options: Any) -> None:
        actor = operator("load_demo")
        stamp = settings.DATA_DIR / f"demo-{'small' if small else 'full'}.json"
        wanted = parts(small=small)
        if loaded_version(stamp) == VERSION and all(is_stored(actor, part) for part in wanted):
            self.stdout.write("The demo archive is already there.")
        else:
            self._store(actor, wanted)
            stamp.write_text(json.dumps({"version": VERSION}), encoding="ascii")
        for account in ACCOUNTS:
            if user_exists(actor=actor, username=account.role):
                continue  # whatever an administrator has made of it since
            create_user(actor=actor, username=account.role, role=account.role, departments=account.departments, password=PASSWORD)
        self.stdout.write(sign_in_table())

    def _store(self, actor: Subject, wanted: list[Part]) -> None:
        started = time.monotonic()
        counts: Counter[Status] = Counter()
        for part in wanted:
            began = time.monotonic()
            of_part = store_part(actor, part)
            counts += of_part
            self.stdout.write(f"  {part.title}: {described(of_part)} ({time.monotonic() - began:.1f} s)")
            if of_part["stored"] + of_part["already there"] != part.count:
                raise CommandError(f"{part.title}: {part.count} objects were drawn, {described(of_part)}")
        self.stdout.write(f"Demo archive: {described(counts)} in {time.monotonic() - started:.0f} s.")


def loaded_version(stamp: Path) -> int:
    """Return the version that the stamp names, 0 without one."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(stamp.read_text(encoding="ascii"))["version"])
    return 0


def is_stored(actor: Subject, part: Part) -> bool:
    """Say whether every study of a part is in the archive."""
    return all(is_there(actor=actor, study_instance_uid=uid) for uid in part.study_uids)


def store_part(actor: Subject, part: Part) -> Counter[Status]:
    """Draw and store one part; return what became of its objects."""
    counts: Counter[Status] = Counter()
    with tqdm(total=1.0, desc=part.title, leave=False, disable=not sys.stderr.isatty(), bar_format="{l_bar}{bar}| {elapsed}") as bar:

        def tell(share: float) -> None:
            bar.update(share - bar.n)

        for batch in batches(part, part.draw(tell)):
            outcomes = store_instances(actor=actor, files=batch, department=part.department)
            counts.update(outcome.status for outcome in outcomes)
    return counts


def batches(part: Part, drawn: Iterator[bytes]) -> Iterator[list[IncomingFile]]:
    """Yield the drawn files in batches of at most BATCH_FILES."""
    batch: list[IncomingFile] = []
    for number, data in enumerate(drawn, start=1):
        batch.append(IncomingFile(data=data, source=f"demo: {part.title}, object {number}"))
        if len(batch) == BATCH_FILES:
            yield batch
            batch = []
    if batch:
        yield batch


def described(counts: Counter[Status]) -> str:
    """Return counts in words: "3 stored, 1 already there"."""
    return ", ".join(f"{counts[status]} {status}" for status in counts) or "nothing"


def sign_in_table() -> str:
    """Return the demo accounts as text."""
    wide = max(len(account.role) for account in ACCOUNTS)
    lines = [
        "",
        "Demo accounts, one a role (for trying out only; remove them before real use):",
        f"  {'user = role':{wide}}  password      departments",
    ]
    for account in ACCOUNTS:
        where = ", ".join(account.departments) or (
            "all, machines only" if account.role == "service" else "none: administers, sees no images"
        )
        lines.append(f"  {account.role:{wide}}  {PASSWORD}  {where}")
    return "\n".join(lines)
