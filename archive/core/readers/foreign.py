"""Tell by their first bytes what files are that aren't DICOM, so that a refusal says what it refuses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """A format that isn't DICOM: how it begins, or how its name ends, and the sentence of the refusal."""

    suffixes: tuple[str, ...]
    magics: tuple[bytes, ...]
    sentence: str
    magic_offset: int = 0


def _not_yet(what: str) -> str:
    return f"{what} are not imported yet."


# First match wins: a name that tells more than the first bytes do (SVS and NDPI are TIFF) stands first.
FORMATS: tuple[ForeignFormat, ...] = (
    ForeignFormat((".svs",), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _not_yet("Aperio slides (SVS)")),
    ForeignFormat((".ndpi", ".ndpis"), (b"II*\0", b"MM\0*"), _not_yet("Hamamatsu slides (NDPI)")),
    ForeignFormat((".scn",), (b"II*\0", b"II+\0"), _not_yet("Leica slides (SCN)")),
    ForeignFormat((".bif",), (b"II*\0", b"II+\0"), _not_yet("Ventana slides (BIF)")),
    ForeignFormat((".ome.tif", ".ome.tiff"), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _not_yet("OME-TIFF slides")),
    ForeignFormat((".mrxs",), (b"\xff\xd8\xff",), _not_yet("MIRAX slides (MRXS)")),
    ForeignFormat((".vms", ".vmu", ".czi", ".zvi", ".isyntax"), (b"",), _not_yet("Slides of this vendor's format")),
    ForeignFormat((), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _not_yet("TIFF images and slides")),
    ForeignFormat((), (b"\x1f\x8b",), "This is a gzip archive, not a DICOM file; unpack it first."),
    ForeignFormat((), (b"PK\x03\x04", b"PK\x05\x06"), "This is a ZIP archive, not a DICOM file; unpack it first."),
    ForeignFormat((), (b"\x89PNG\r\n",), "This is a PNG picture, not a DICOM file."),
    ForeignFormat((), (b"\xff\xd8\xff",), "This is a JPEG picture, not a DICOM file."),
    ForeignFormat((), (b"ftyp",), "This is a HEIF picture or an MP4 video, not a DICOM file.", magic_offset=4),
    ForeignFormat((), (b"GIF8",), "This is a GIF picture, not a DICOM file."),
    ForeignFormat((), (b"%PDF",), "This is a PDF document, not a DICOM file."),
    ForeignFormat((), (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"), "This is an MPEG video, not a DICOM file."),
    ForeignFormat((), (b"CMDb",), _not_yet("Heidelberg OCT files (E2E)")),
    ForeignFormat((".hl7",), (b"MSH|", b"FHS|", b"BHS|", b"\x0bMSH|"), "This is an HL7 message, not a DICOM file."),
    ForeignFormat((), (b"MSH|", b"FHS|", b"BHS|", b"\x0bMSH|"), "This is an HL7 message, not a DICOM file."),
    ForeignFormat((".json",), (b"{", b"[", b"\xef\xbb\xbf{"), "This is a JSON document, not a DICOM file."),
    ForeignFormat((), (b"<?xml", b"\xef\xbb\xbf<?xml"), "This is an XML document, not a DICOM file."),
)


def refusal_for(head: bytes, name: str) -> str | None:
    """Return the sentence that says what a file is, by its first bytes and name; None when it isn't known.

    head: the first 64 bytes or more. name: the file's name; only its ending counts, and only beside fitting bytes.
    """
    lowered = name.lower()
    for foreign in FORMATS:
        if foreign.suffixes and not lowered.endswith(foreign.suffixes):
            continue
        if head[foreign.magic_offset :].startswith(foreign.magics):
            return foreign.sentence
    return None
