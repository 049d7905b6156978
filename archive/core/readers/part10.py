"""Read a DICOM file up to its pixels: Part 10 (PS3.10 section 7), and bare data sets without preamble or file meta.

Registered in archive/core/readers/__init__.py. Lengths are checked against the file, so what is cut short is refused.
"""

from pydicom.dataset import Dataset
from pydicom.uid import UID

from archive.core.dataset import DicomObject, Identity, identity_of, integer, quiet, text
from archive.core.frame import FrameTable
from archive.core.readers import transfer_syntaxes
from archive.core.readers.elements import (
    EXPLICIT_LITTLE,
    EXTENDED_OFFSET_TABLE,
    EXTENDED_OFFSET_TABLE_LENGTHS,
    PIXEL_DATA_TAGS,
    Element,
    Encoding,
    dataset_of,
    element_at,
    looks_explicit,
    walk,
)
from archive.core.readers.pixel_data import PixelShape, encapsulated_table, native_table, video_table
from archive.core.readers.source import InflatedSource, Source
from archive.core.uids import TransferSyntaxUid, is_valid_uid
from governance.core.faults import Malformed, Mismatch, TooLarge, Unsupported, UnsupportedTransferSyntax

PREAMBLE_LENGTH = 128
_MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_FLOAT_BITS = {0x7FE00008: 32, 0x7FE00009: 64}
MAX_FRAMES = 1_000_000
_WITHOUT_STUDY = ("Hanging Protocol", "Color Palette", "Generic Implant", "Implant", "CT Defined", "XA Defined", "Inventory")


def has_prefix(head: bytes) -> bool:
    """Say whether a file begins as PS3.10 7.1 says: 128 bytes, then "DICM"."""
    return head[PREAMBLE_LENGTH : PREAMBLE_LENGTH + 4] == b"DICM"


def may_be_bare(head: bytes) -> bool:
    """Say whether a file without prefix may begin with a data element of group 0002 or 0008 (either byte order)."""
    return len(head) >= 8 and head[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08") and head[2:4] != b"\xff\xff"


def read_file_meta(source: Source) -> tuple[Dataset, int]:
    """Return the File Meta Information, empty where there is none, and the offset at which the data set begins."""
    offset = PREAMBLE_LENGTH + 4 if has_prefix(source.read_at(0, PREAMBLE_LENGTH + 4)) else 0
    elements: list[Element] = []
    while offset + 8 <= source.size:
        element = element_at(source, offset, EXPLICIT_LITTLE)
        if element.tag >> 16 != 2:
            break
        if element.end > source.size:
            raise Malformed("The file is cut short in the middle of an element.")
        elements.append(element)
        offset = element.end
    return dataset_of(source, elements, EXPLICIT_LITTLE), offset


def dataset_offset(source: Source) -> int:
    """Return where the data set begins, after preamble and File Meta Information."""
    return read_file_meta(source)[1]


def relabelled_header(preamble_and_meta: bytes) -> bytes:
    """Return preamble and file meta of a deflated file, saying Explicit VR Little Endian instead, for its inflated data set."""
    deflated = transfer_syntaxes.DEFLATED.encode()
    plain = transfer_syntaxes.EXPLICIT_LITTLE_ENDIAN.encode().ljust(len(deflated), b"\0")  # same length: no length changes
    return preamble_and_meta.replace(deflated, plain, 1)


def read_instance(source: Source) -> DicomObject:
    """Read one instance.

    Raises Malformed when the file is damaged, cut short or lacks what places it (PS3.3 C.12.1, C.7.2, C.7.3), Unsupported for a
    transfer syntax or SOP Class that isn't stored, Mismatch when an image lacks its own description, TooLarge for a header over
    256 MB or more than MAX_FRAMES. The fault's text is a sentence for the person who sent the file.
    """
    with quiet():
        meta, offset = read_file_meta(source)
        declared = text(meta, "TransferSyntaxUID")
        if declared and declared not in transfer_syntaxes.STORED:
            raise UnsupportedTransferSyntax(f"The transfer syntax {_named(declared)} is not supported.")
        is_deflated = declared == transfer_syntaxes.DEFLATED
        if is_deflated:
            source, offset = InflatedSource(source, offset), 0
        if offset + 8 > source.size:
            raise Malformed("The file has no data set.")
        encoding = _encoding_at(source, offset, declared)
        elements = list(walk(source, offset, encoding))
        pixel_data = elements.pop() if elements and elements[-1].tag in PIXEL_DATA_TAGS else None
        dataset = dataset_of(source, elements, encoding)
        identity = identity_of(dataset)
        _check_identity(meta, identity)
        if pixel_data is None:
            table = FrameTable.empty(header_length=source.size)
            shape = PixelShape(0, 0, 0, 0, "", 0)
            return _object(dataset, identity, _effective(declared, encoding, None), table, shape)
        effective = _effective(declared, encoding, pixel_data)
        shape = _pixel_shape(dataset, pixel_data)
        return _object(dataset, identity, effective, _table(source, dataset, pixel_data, shape, effective), shape)


def _object(dataset: Dataset, identity: Identity, transfer_syntax_uid: str, table: FrameTable, shape: PixelShape) -> DicomObject:
    uid = TransferSyntaxUid(transfer_syntax_uid)
    return DicomObject(dataset, identity, uid, table, shape.rows, shape.columns, shape.number_of_frames)


def _named(uid: str) -> str:
    if not is_valid_uid(uid):
        return "that the file names"
    name = transfer_syntaxes.name_of(uid)
    return f"{uid} ({name})" if name != uid else uid


def _encoding_at(source: Source, offset: int, declared: str) -> Encoding:
    """Return how the data set is written, as its first element shows: writers err, and bare data sets don't say."""
    if declared:
        is_little_endian = declared != transfer_syntaxes.EXPLICIT_BIG_ENDIAN
    else:
        group = int.from_bytes(source.read_at(offset, 2), "little")
        is_little_endian = group < 0x0100  # 0008 read in the wrong order is 0800
    return Encoding(looks_explicit(source, offset), is_little_endian)


def _effective(declared: str, encoding: Encoding, pixel_data: Element | None) -> str:
    """Return the transfer syntax by which the bytes are to be read: as declared when compressed, else as found."""
    if declared and declared not in transfer_syntaxes.NATIVE:
        return declared
    if not declared and pixel_data is not None and pixel_data.length == 0xFFFFFFFF:
        raise Malformed("Pixel Data is compressed, but the file doesn't say by which transfer syntax.")
    if not encoding.is_little_endian:
        return transfer_syntaxes.EXPLICIT_BIG_ENDIAN
    return transfer_syntaxes.EXPLICIT_LITTLE_ENDIAN if encoding.is_explicit else transfer_syntaxes.IMPLICIT_LITTLE_ENDIAN


def _check_identity(meta: Dataset, identity: Identity) -> None:
    """Refuse what can't be placed in the archive, with a sentence that says why."""
    if _MEDIA_STORAGE_DIRECTORY in (text(meta, "MediaStorageSOPClassUID"), identity.sop_class_uid):
        raise Unsupported("This is a DICOMDIR, the directory of a medium; the files it lists are imported by themselves.")
    if not any((identity.sop_class_uid, identity.sop_instance_uid, identity.study_instance_uid, identity.series_instance_uid)):
        raise Malformed("The file has no SOP Instance, Series or Study UID: it is not a composite DICOM object.")
    if not identity.sop_class_uid:
        raise Malformed("The object has no SOP Class UID.")
    _check_sop_class(identity)
    for name, uid in (
        ("SOP Class UID", identity.sop_class_uid),
        ("SOP Instance UID", identity.sop_instance_uid),
        ("Study Instance UID", identity.study_instance_uid),
        ("Series Instance UID", identity.series_instance_uid),
    ):
        if not uid:
            raise Malformed(f"The object has no {name}.")
        if not is_valid_uid(uid):
            raise Malformed(f"The {name} is not a valid UID.")


def _check_sop_class(identity: Identity) -> None:
    sop_class = UID(identity.sop_class_uid)
    if sop_class.name == sop_class:
        return  # private or newer than this list: stored as it is
    if sop_class.type != "SOP Class" or "Storage" not in sop_class.name:
        raise Unsupported(f"{sop_class.name} is not an object that can be stored.")
    if not identity.study_instance_uid and sop_class.name.startswith(_WITHOUT_STUDY):
        raise Unsupported(f"{sop_class.name} objects belong to no study; only objects of a patient's study are stored.")


def _pixel_shape(dataset: Dataset, pixel_data: Element) -> PixelShape:
    rows, columns = integer(dataset, "Rows"), integer(dataset, "Columns")
    if not rows or not columns or rows < 0 or columns < 0:
        raise Mismatch("The image has Pixel Data, but no usable Rows and Columns.")
    bits = _FLOAT_BITS.get(pixel_data.tag) or integer(dataset, "BitsAllocated")
    if not bits or not 1 <= bits <= 64:
        raise Mismatch("The image has Pixel Data, but no usable Bits Allocated.")
    frames = 1 if _is_empty(dataset, "NumberOfFrames") else integer(dataset, "NumberOfFrames")
    if frames is None or frames < 1:
        raise Mismatch("Number of Frames is not a usable number.")
    if frames > MAX_FRAMES:
        raise TooLarge("The image has more than a million frames.")
    photometric = text(dataset, "PhotometricInterpretation")
    samples = integer(dataset, "SamplesPerPixel") or (3 if photometric.startswith(("RGB", "YBR")) else 1)
    if not 1 <= samples <= 16:
        raise Mismatch("Samples per Pixel is not a usable number.")
    return PixelShape(rows, columns, samples, bits, photometric, frames)


def _is_empty(dataset: Dataset, keyword: str) -> bool:
    value = getattr(dataset.get_item(keyword), "value", None) if keyword in dataset else None
    return value is None or (isinstance(value, bytes) and not value.strip(b" \0"))


def _table(source: Source, dataset: Dataset, pixel_data: Element, shape: PixelShape, transfer_syntax_uid: str) -> FrameTable:
    if transfer_syntax_uid in transfer_syntaxes.VIDEO:
        return video_table(source, pixel_data)
    if transfer_syntax_uid in transfer_syntaxes.ENCAPSULATED:
        return encapsulated_table(
            source,
            pixel_data,
            shape.number_of_frames,
            _offsets(dataset, EXTENDED_OFFSET_TABLE),
            _offsets(dataset, EXTENDED_OFFSET_TABLE_LENGTHS),
        )
    return native_table(source, pixel_data, shape, is_deflated=transfer_syntax_uid == transfer_syntaxes.DEFLATED)


def _offsets(dataset: Dataset, tag: int) -> list[int]:
    """Return the 64-bit numbers of an Extended Offset Table element (OV; PS3.3 C.7.6.3.1.8)."""
    value = getattr(dataset.get_item(tag), "value", None) if tag in dataset else None
    if not isinstance(value, bytes) or len(value) % 8:
        return []
    return [int.from_bytes(value[start : start + 8], "little") for start in range(0, len(value), 8)]
