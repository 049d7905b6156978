"""Transfer syntaxes that the archive stores as they come (PS3.5 Annex A); what isn't here is refused by name.

Storing and decoding are two things: the decoders are declared in archive/core/codecs/.
"""

from pydicom.uid import UID

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"

NATIVE = frozenset({IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN})

_JPEG = "1.2.840.10008.1.2.4."
ENCAPSULATED = frozenset(
    {_JPEG + str(number) for number in (*range(50, 67), 70, 80, 81, 90, 91, 92, 93, 110, 111, 112, 201, 202, 203)}
    | {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"}  # RLE; not compressed; deflated frames
)
VIDEO = frozenset(
    {_JPEG + str(number) for number in range(100, 109)} | {_JPEG + f"{number}.1" for number in range(100, 107)}  # MPEG2, H.264, HEVC
)

STORED = NATIVE | ENCAPSULATED | VIDEO | {DEFLATED}


def name_of(uid: str) -> str:
    """Return the standard's name of a UID, or the UID itself."""
    return UID(uid).name
