"""Import every file below a folder. Never stops at a bad file; ends with what became of each."""

import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from archive.services.ingest import IncomingFile, Outcome, Status, store_instances
from governance.core.faults import Fault
from governance.core.policy import Subject, operator

BATCH_FILES = 250
BATCH_BYTES = 512_000_000
STATUSES: dict[Status, str] = {"stored": "stored", "already there": "already there", "conflict": "conflicts", "refused": "refused"}


class Command(BaseCommand):
    """manage.py import_folder PATH [--department D] [--issuer I]."""

    help = "Import every file below a folder; prints counts and the reason of each conflict and refusal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--department", help="department of new studies; without it, by modality")
        parser.add_argument("--issuer", help="issuer of Patient IDs that don't name theirs")

    def handle(self, *args: Any, path: Path, department: str | None, issuer: str | None, **options: Any) -> None:
        if not path.is_dir():
            raise CommandError(f"{path} is not a folder")
        started = time.monotonic()
        options_of_batch = {"department": department, "issuer": issuer}
        outcomes: list[Outcome] = []
        files = list(files_below(path))
        with tqdm(total=len(files), unit=" files", disable=not sys.stderr.isatty()) as bar:
            for batch in batches(path, files):
                outcomes += store_batch(operator("import_folder"), batch, options_of_batch)
                bar.update(len(batch))
        self.stdout.write(report(outcomes, seconds=time.monotonic() - started))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, in order of name; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


def batches(root: Path, files: list[Path]) -> Iterator[list[IncomingFile]]:
    """Yield the files in batches that are one transaction each, bounded in number and bytes."""
    batch: list[IncomingFile] = []
    size_bytes = 0
    for path in files:
        batch.append(IncomingFile(path=path, source=os.fsencode(path.relative_to(root)).decode("utf-8", "replace")))
        with suppress(OSError):  # store_instances says what is wrong with it
            size_bytes += path.stat().st_size
        if len(batch) >= BATCH_FILES or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def store_batch(actor: Subject, batch: list[IncomingFile], options: dict[str, str | None]) -> list[Outcome]:
    """Store a batch; when it fails as a whole, one by one, so that one file's trouble stays its own."""
    try:
        return store_instances(actor=actor, files=batch, **options)
    except Fault:
        return [_store_one(actor, file, options) for file in batch]


def _store_one(actor: Subject, file: IncomingFile, options: dict[str, str | None]) -> Outcome:
    try:
        return store_instances(actor=actor, files=[file], **options)[0]
    except Fault as fault:
        return Outcome("refused", file.source, reason=f"It could not be stored: {fault}.", fault=fault)


def report(outcomes: list[Outcome], *, seconds: float) -> str:
    """Return the counts, and below them each conflict and refusal under its reason."""
    counts = Counter(outcome.status for outcome in outcomes)
    lines = [f"{counts[status]:8,} {words}" for status, words in STATUSES.items()]
    lines.append(f"{len(outcomes):8,} files seen in {seconds:.1f} s")
    unhappy: tuple[Status, ...] = ("conflict", "refused")
    for status in unhappy:
        by_reason: dict[str, list[str]] = {}
        for outcome in outcomes:
            if outcome.status == status:
                by_reason.setdefault(outcome.reason, []).append(outcome.source)
        for reason, sources in sorted(by_reason.items()):
            lines += ["", f"{STATUSES[status]}: {reason} ({len(sources)})", *(f"    {source}" for source in sources)]
    lines += ["", " + ".join(f"{counts[status]} {words}" for status, words in STATUSES.items()) + f" = {len(outcomes)} files seen"]
    return "\n".join(lines)
