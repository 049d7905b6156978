"""Faults: what can go wrong, and the one table that gives every protocol its answer (STYLE.md section 6).

Code raises a fault; an edge asks `answer_for(exc)` and invents no status of its own. `str(fault)` is for the log and for the
actor's own data (a quarantine reason); peers get `Answer.sentence` and a correlation id.
"""

from dataclasses import dataclass


class Fault(Exception):
    """Base of all faults. Arguments say what and which, never patient data."""


class Unidentified(Fault):
    """Nobody is signed in, or the credentials are wrong."""


class Denied(Fault):
    """The subject is known and may not do this (and may know that it exists)."""


class NotFound(Fault):
    """It does not exist, or this subject may not know that it does: both look the same."""


class Malformed(Fault):
    """The input cannot be understood."""


class Undecodable(Malformed):
    """Pixels that are damaged, cut short, or not as their header says."""


class DecodingStopped(Undecodable):
    """Pixels whose decoding took too long or too much memory, or ended its process."""


class Mismatch(Fault):
    """The data set disagrees with its SOP Class, or with what is stored."""


class Duplicate(Fault):
    """The same SOP Instance UID is already stored with other content."""


class Unsupported(Fault):
    """A SOP Class, transfer syntax or media type that cannot be taken."""


class UnsupportedTransferSyntax(Unsupported):
    """A transfer syntax that cannot be taken; DIMSE and STOW-RS tell it from an unsupported SOP Class."""


class NotAcceptable(Fault):
    """None of the representations asked for can be made."""


class TooLarge(Fault):
    """The input is larger than the stated limit."""


class ImageTooLarge(TooLarge):
    """An image of more pixels, or a frame of more bytes, than can be shown."""


class Exhausted(Fault):
    """A bounded resource is used up for now; try again later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the table: HTTP status, DIMSE status (PS3.7 Annex C), WebSocket close code, fixed sentence."""

    http: int
    dimse: int
    websocket: int
    sentence: str


ANSWERS: dict[type[BaseException], Answer] = {
    Unidentified: Answer(401, 0x0124, 4401, "Sign in first."),
    Denied: Answer(403, 0x0124, 4403, "This is not permitted."),
    NotFound: Answer(404, 0x0112, 4404, "Not found."),
    Malformed: Answer(400, 0xC000, 4400, "The request cannot be understood."),
    Undecodable: Answer(415, 0xC000, 4415, "The pixels of this image are damaged, or not as its header says."),
    DecodingStopped: Answer(415, 0xC000, 4415, "Decoding this image took too long or too much memory, and was stopped."),
    Mismatch: Answer(409, 0xA900, 4409, "The data set does not match its SOP Class or what is stored."),
    Duplicate: Answer(409, 0x0111, 4409, "Already stored with other content."),
    Unsupported: Answer(415, 0x0122, 4415, "This SOP Class, transfer syntax or media type is not supported."),
    UnsupportedTransferSyntax: Answer(415, 0xC122, 4415, "This transfer syntax is not supported."),
    NotAcceptable: Answer(406, 0xC122, 4406, "No acceptable representation."),
    TooLarge: Answer(413, 0xA700, 1009, "Too large."),
    ImageTooLarge: Answer(413, 0xA700, 1009, "This image is larger than what can be shown."),
    Exhausted: Answer(503, 0xA700, 1013, "Busy; try again shortly."),
    Exception: Answer(500, 0x0110, 1011, "Something went wrong on the server."),
}


def answer_for(exc: BaseException) -> Answer:
    """Return the table's row for an exception, searched along its class's MRO."""
    for cls in type(exc).__mro__:
        if cls in ANSWERS:
            return ANSWERS[cls]
    return ANSWERS[Exception]
