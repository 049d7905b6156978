"""Key object selections: which images someone marked, under which title (PS3.3 A.35.4; PS3.16 TID 2010)."""

import io
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial

from archive.core.dataset import quiet, text
from archive.core.description.values import UNREADABLE, first, items, word
from governance.core.faults import Malformed
from viewer.core.person_name import name_words
from viewer.core.references import MAX_REFERENCES, Reference, read_references

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.59"
MAX_KEY_OBJECT_BYTES = 16_000_000
_KEY_OBJECT_DESCRIPTION, _PERSON_OBSERVER = "113012", "121008"  # DCM
_VALUE_TYPES = ("IMAGE", "WAVEFORM", "COMPOSITE")


@dataclass(frozen=True, slots=True)
class KeyObjects:
    """One selection. title: the meaning of its title code (CID 7010). observer: a person's name in words. created: YYYYMMDDHHMMSS.

    references: the images in the order of the selection. others: how many of its objects are no images.
    """

    sop_instance_uid: str
    title: str
    description: str
    observer: str
    created: str
    references: tuple[Reference, ...]
    others: int = 0


def read_key_objects(data: bytes) -> KeyObjects:
    """Return the selection that a file holds. Raises: Malformed when it cannot be read, or is none."""
    try:
        with quiet():
            return _read(read_partial(io.BytesIO(data), force=True))
    except UNREADABLE as exc:
        raise Malformed("the key object selection cannot be read") from exc


def _read(ds: Dataset) -> KeyObjects:
    if text(ds, "SOPClassUID") != SOP_CLASS:
        raise Malformed("the object is no key object selection")
    content = items(ds, "ContentSequence")
    selected = [item for item in content if word(item, "ValueType") in _VALUE_TYPES]
    images = [item for item in selected if word(item, "ValueType") == "IMAGE"]
    references = [reference for item in images for reference in read_references(item, "ReferencedSOPSequence")]
    return KeyObjects(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        title=text(first(ds, "ConceptNameCodeSequence") or Dataset(), "CodeMeaning", 64) or "Key images",
        description=_named(content, _KEY_OBJECT_DESCRIPTION, "TextValue") or text(ds, "ContentDescription", 256),
        observer=name_words(_named(content, _PERSON_OBSERVER, "PersonName")),
        created=text(ds, "ContentDate", 8) + text(ds, "ContentTime", 6),
        references=tuple(references[:MAX_REFERENCES]),
        others=len(selected) - len(images),
    )


def _named(content: list[Dataset], code: str, keyword: str) -> str:
    """Return a value of the content item with a concept name of DCM; "" without one."""
    for item in content:
        name = first(item, "ConceptNameCodeSequence")
        if name is not None and text(name, "CodeValue") == code:
            return text(item, keyword, 1024)
    return ""
