"""The answer of STOW-RS: the Store Instances Response Module in DICOM JSON (PS3.18 10.5.3 and Annex I)."""

from collections.abc import Sequence
from typing import Any

import orjson

from archive.services.ingest import Outcome
from governance.core.faults import Malformed, answer_for

REFERENCED_SOP_CLASS, REFERENCED_SOP_INSTANCE, RETRIEVE_URL = "00081150", "00081155", "00081190"
REFERENCED_SOP_SEQUENCE, FAILED_SOP_SEQUENCE, OTHER_FAILURES_SEQUENCE = "00081199", "00081198", "0008119A"
FAILURE_REASON, ERROR_COMMENT = "00081197", "00000902"
_LO_LENGTH = 64

Header = tuple[bytes, bytes]
Item = dict[str, Any]


def answer_document(outcomes: Sequence[Outcome], *, base_url: str) -> tuple[int, list[Header], bytes]:
    """Return status, headers and body: 200 all there, 202 some, 409 none.

    A failed instance carries its Failure Reason (0008,1197) from the fault table and the sentence as Error Comment (0000,0902), cut to
    its 64 characters; whole sentences stand in Warning headers. What couldn't be identified stands in Other Failures (0008,119A).
    """
    stored = [outcome for outcome in outcomes if outcome.status in ("stored", "already there")]
    failed = [outcome for outcome in outcomes if outcome.status in ("conflict", "refused")]
    identified = [outcome for outcome in failed if outcome.sop_class_uid and outcome.sop_instance_uid]
    others = [outcome for outcome in failed if outcome not in identified]
    document: Item = {}
    studies = {outcome.study_instance_uid for outcome in stored}
    if len(studies) == 1:
        document[RETRIEVE_URL] = {"vr": "UR", "Value": [f"{base_url}/studies/{studies.pop()}"]}
    for tag, items in (
        (REFERENCED_SOP_SEQUENCE, [_reference(outcome, base_url) for outcome in stored]),
        (FAILED_SOP_SEQUENCE, [_uids(outcome) | _failure(outcome) for outcome in identified]),
        (OTHER_FAILURES_SEQUENCE, [_failure(outcome) for outcome in others]),
    ):
        if items:
            document[tag] = {"vr": "SQ", "Value": items}
    status = 200 if not failed else 202 if stored else 409
    return status, _warnings(failed), orjson.dumps(document)


def _uids(outcome: Outcome) -> Item:
    return {
        REFERENCED_SOP_CLASS: {"vr": "UI", "Value": [outcome.sop_class_uid[:64]]},
        REFERENCED_SOP_INSTANCE: {"vr": "UI", "Value": [outcome.sop_instance_uid[:64]]},
    }


def _reference(outcome: Outcome, base_url: str) -> Item:
    url = f"{base_url}/studies/{outcome.study_instance_uid}/series/{outcome.series_instance_uid}/instances/{outcome.sop_instance_uid}"
    return _uids(outcome) | {RETRIEVE_URL: {"vr": "UR", "Value": [url]}}


def _failure(outcome: Outcome) -> Item:
    reason = answer_for(outcome.fault or Malformed()).dimse
    comment = outcome.reason if len(outcome.reason) <= _LO_LENGTH else outcome.reason[: _LO_LENGTH - 1] + "…"
    return {FAILURE_REASON: {"vr": "US", "Value": [reason]}, ERROR_COMMENT: {"vr": "LO", "Value": [comment]}}


def _warnings(failed: list[Outcome]) -> list[Header]:
    """Return one Warning header for each different sentence, at most ten."""
    sentences = list(dict.fromkeys(outcome.reason for outcome in failed))[:10]
    quoted = (sentence.replace("\\", "/").replace('"', "'").encode("ascii", "replace") for sentence in sentences)
    return [(b"warning", b'299 viewbox "' + sentence + b'"') for sentence in quoted]
