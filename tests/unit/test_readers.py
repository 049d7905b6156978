"""Readers: what is accepted, what is refused with which words, and where frames lie."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from archive.core.readers import READERS, FileSource, read_object
from archive.core.readers.part10 import dataset_offset, relabelled_header
from archive.core.readers.source import inflated_range
from archive.services.arrivals import DAMAGED
from governance.core.faults import Fault, Malformed, Mismatch, TooLarge, Unsupported, UnsupportedTransferSyntax
from tests.small_objects import as_bytes, ct_image, dcmread, encapsulated_image, uid


def read(data: bytes, name: str = ""):
    return read_object(FileSource(BytesIO(data)), name)


def frames_of(data: bytes) -> list[bytes]:
    table = read(data).frame_table
    return [data[offset : offset + length] for offset, length in map(table.span, range(len(table)))]


PART10 = as_bytes(ct_image())
PIXELS_AT = PART10.index(b"\xe0\x7f\x10\x00")

REFUSED = [
    ("empty", b"", Malformed, "empty"),
    ("text", b"Dear colleague, thank you for" + bytes(200), Unsupported, "not a DICOM file"),
    ("png under a .dcm name", b"\x89PNG\r\n\x1a\n" + bytes(200), Unsupported, "PNG"),
    ("gzip", b"\x1f\x8b\x08" + bytes(200), Unsupported, "gzip"),
    ("zip", b"PK\x03\x04" + bytes(200), Unsupported, "ZIP"),
    ("a.svs", b"II*\0" + bytes(200), Unsupported, "Aperio slides (SVS) are not imported yet"),
    ("a.NDPI", b"II*\0" + bytes(200), Unsupported, "Hamamatsu"),
    ("a.mrxs", b"\xff\xd8\xff\xe0" + bytes(200), Unsupported, "MIRAX"),
    ("a.tif", b"MM\0*" + bytes(200), Unsupported, "TIFF"),
    ("a.hl7", b"MSH|^~\\&|" + bytes(200), Unsupported, "HL7"),
    ("a.json", b'{"resourceType": "Patient"}' + bytes(200), Unsupported, "JSON"),
    ("header alone", PART10[:132], Malformed, "no data set"),
    ("cut in the header", PART10[: PIXELS_AT - 5], Malformed, "cut short in the middle"),
    ("cut in the pixels", PART10[:-5], Malformed, "32 bytes are declared, 27 are in the file"),
    ("cut after the preamble", PART10[:140], Malformed, "cut short"),
    ("no SOP Class", as_bytes(ct_image(SOPClassUID="")), Malformed, "no SOP Class UID"),
    ("no study", as_bytes(ct_image(StudyInstanceUID=None)), Malformed, "no Study Instance UID"),
    ("no series", as_bytes(ct_image(SeriesInstanceUID=None)), Malformed, "no Series Instance UID"),
    ("invalid UID", as_bytes(ct_image(StudyInstanceUID="../../etc/passwd")), Malformed, "Study Instance UID is not a valid UID"),
    ("long UID", as_bytes(ct_image(SeriesInstanceUID="1." + "2" * 63)), Malformed, "Series Instance UID is not a valid UID"),
    ("not storable", as_bytes(ct_image(SOPClassUID="1.2.840.10008.1.1")), Unsupported, "Verification SOP Class is not an object"),
    ("hanging protocol", as_bytes(ct_image(SOPClassUID="1.2.840.10008.5.1.4.38.1", StudyInstanceUID=None)), Unsupported, "no study"),
    ("directory", as_bytes(ct_image(SOPClassUID="1.2.840.10008.1.3.10")), Unsupported, "DICOMDIR"),
    ("private syntax", as_bytes(ct_image()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.113619.5.2\0\0"), UnsupportedTransferSyntax, "5.2"),
    ("no rows", as_bytes(ct_image(Rows=None)), Mismatch, "no usable Rows and Columns"),
    ("zero columns", as_bytes(ct_image(Columns=0)), Mismatch, "no usable Rows and Columns"),
    ("no bits", as_bytes(ct_image(BitsAllocated=None)), Mismatch, "Bits Allocated"),
    ("too few frames", as_bytes(ct_image(NumberOfFrames=2)), Malformed, "2 frames need 64 bytes, 32 are there"),
    ("larger than the file", as_bytes(ct_image(Rows=60000, Columns=60000)), Malformed, "one frame needs 7,200,000,000 bytes"),
    ("fewer fragments", as_bytes(encapsulated_image([[b"ab"], [b"cd"]], has_bot=True, Rows=4)), None, ""),
]


@pytest.mark.parametrize(("name", "data", "fault", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_bad_input_is_refused_with_a_sentence(name, data, fault, words):
    if fault is None:
        data = data.replace(b"\x28\x00\x08\x00IS\x02\x002 ", b"\x28\x00\x08\x00IS\x02\x003 ")
        fault, words = Malformed, "2 fragments where Number of Frames says 3"
    with pytest.raises(Fault) as caught:
        read(data, name)
    assert type(caught.value) is fault
    assert words in str(caught.value)
    assert "Synthetic" not in str(caught.value)


def test_number_of_frames_that_is_no_number():
    data = as_bytes(ct_image(NumberOfFrames=12)).replace(b"IS\x02\x0012", b"IS\x02\x001A")
    with pytest.raises(Mismatch, match="Number of Frames"):
        read(data)


def test_three_gigabytes_declared_in_a_small_file():
    data = PART10[: PIXELS_AT + 8] + (3 * 2**30).to_bytes(4, "little") + bytes(1000)
    with pytest.raises(Malformed, match=r"3,221,225,472 bytes are declared, 1,000 are in the file"):
        read(data)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_native_syntaxes_with_and_without_preamble_and_meta(syntax):
    data = as_bytes(ct_image(transfer_syntax=syntax))
    meta_at, dataset_at = 132, dataset_offset(FileSource(BytesIO(data)))
    for cut in (0, meta_at, dataset_at):  # whole; without preamble; the bare data set
        found = read(data[cut:])
        assert found.transfer_syntax_uid == syntax
        assert found.identity.sop_instance_uid == uid("instance", "one")
        assert found.identity.patient_name == "Synthetic^Sam"
        assert (found.rows, found.columns, found.number_of_frames) == (4, 4, 1)
        offset, length = found.frame_table.span(0)
        assert (data[cut:][offset : offset + length], found.frame_table.header_length) == (
            bytes(range(32)),
            offset - (8 if syntax == ImplicitVRLittleEndian else 12),
        )


def test_a_syntax_that_is_declared_wrongly_is_read_as_it_is_written():
    implicit = as_bytes(ct_image(transfer_syntax=ImplicitVRLittleEndian))
    lying = implicit.replace(b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x14\x001.2.840.10008.1.2.1\0").replace(b"UL\x04\x00", b"UL\x04\x00", 1)
    found = read(lying)
    assert found.transfer_syntax_uid == ImplicitVRLittleEndian
    assert found.identity.study_instance_uid == uid("study", "study")


def test_deflated_frames_are_found_in_the_inflated_data_set():
    data = as_bytes(ct_image(transfer_syntax=DeflatedExplicitVRLittleEndian, NumberOfFrames=2, PixelData=bytes(range(64))))
    found = read(data)
    source = FileSource(BytesIO(data))
    start = dataset_offset(source)
    assert found.frame_table.kind == "deflated"
    for index, expected in enumerate((bytes(range(32)), bytes(range(32, 64)))):
        offset, length = found.frame_table.span(index)
        assert inflated_range(source, start=start, offset=offset, length=length) == expected
    header = inflated_range(source, start=start, offset=0, length=found.frame_table.header_length)
    reread = dcmread(BytesIO(relabelled_header(data[:start]) + header))
    assert (reread.file_meta.TransferSyntaxUID, reread.Rows, "PixelData" in reread) == (ExplicitVRLittleEndian, 4, False)


def test_a_deflated_file_that_is_cut_or_damaged():
    data = as_bytes(ct_image(transfer_syntax=DeflatedExplicitVRLittleEndian))
    with pytest.raises(Malformed, match="cut short"):
        read(data[:-20])
    start = dataset_offset(FileSource(BytesIO(data)))
    with pytest.raises(Malformed, match="damaged"):
        read(data[:start] + b"\xff" * 40)


def test_a_deflated_bomb_is_not_inflated_into_memory():
    import tracemalloc

    start = dataset_offset(FileSource(BytesIO(PART10)))
    deflated = as_bytes(ct_image(transfer_syntax=DeflatedExplicitVRLittleEndian))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = PART10[start : PIXELS_AT + 8] + (2**31).to_bytes(4, "little")
    body = deflate.compress(header) + b"".join(deflate.compress(bytes(1 << 20)) for _ in range(200)) + deflate.flush()
    tracemalloc.start()
    with pytest.raises(Malformed, match="declared"):
        read(deflated[: dataset_offset(FileSource(BytesIO(deflated)))] + body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160_000_000


def test_one_bit_frames_that_begin_inside_a_byte():
    dataset = ct_image(
        Rows=3, Columns=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3, PixelData=bytes([0b10101010, 0b11, 0b11111100, 0b1])
    )
    table = read(as_bytes(dataset)).frame_table
    assert [table.bit_offset(index) for index in range(3)] == [0, 1, 2]
    assert table.lengths.tolist() == [2, 2, 2]


JPEG = [b"\xff\xd8\xff\xe0aa\xff\xd9", b"\xff\xd8\xff\xe0bbbb\xff\xd9", b"\xff\xd8\xff\xe0cc\xff\xd9"]


@pytest.mark.parametrize("has_bot", [True, False])
def test_one_fragment_a_frame_is_addressed_exactly(has_bot):
    data = as_bytes(encapsulated_image([[frame] for frame in JPEG], has_bot=has_bot))
    assert frames_of(data) == JPEG
    assert not read(data).frame_table.is_fragmented


@pytest.mark.parametrize("has_bot", [True, False])
def test_several_fragments_a_frame(has_bot):
    from archive.core.frame import defragment

    fragments = [[JPEG[0][:4], JPEG[0][4:]], [JPEG[1]], [JPEG[2][:2], JPEG[2][2:6], JPEG[2][6:]]]
    data = as_bytes(encapsulated_image(fragments, has_bot=has_bot))
    assert read(data).frame_table.is_fragmented
    assert [defragment(span) for span in frames_of(data)] == JPEG


def test_one_frame_takes_all_fragments_whatever_they_hold():
    from archive.core.frame import defragment

    data = as_bytes(encapsulated_image([[b"abcd", b"efgh"]], has_bot=False, transfer_syntax=RLELossless))
    assert [defragment(span) for span in frames_of(data)] == [b"abcdefgh"]


def test_frames_that_cannot_be_told_apart_are_refused():
    data = as_bytes(encapsulated_image([[b"abcd", b"efgh"], [b"ijkl"]], has_bot=False, transfer_syntax=RLELossless))
    with pytest.raises(Malformed, match="1 recognisable frames where Number of Frames says 2"):
        read(data)


def test_a_wrong_offset_table_gives_way_to_the_items():
    data = as_bytes(encapsulated_image([[frame] for frame in JPEG], has_bot=True))
    position = data.index(b"\xfe\xff\x00\xe0\x0c\x00\x00\x00") + 12
    broken = data[:position] + (99).to_bytes(4, "little") + data[position + 4 :]
    assert frames_of(broken) == JPEG


def test_the_extended_offset_table_gives_exact_lengths():
    dataset = encapsulated_image([[frame + b"\0\0"] for frame in JPEG], has_bot=False)
    starts = [0, len(JPEG[0]) + 10, len(JPEG[0]) + len(JPEG[1]) + 20]
    dataset.ExtendedOffsetTable = b"".join(start.to_bytes(8, "little") for start in starts)
    dataset.ExtendedOffsetTableLengths = b"".join(len(frame).to_bytes(8, "little") for frame in JPEG)
    assert frames_of(as_bytes(dataset)) == JPEG


def test_compressed_pixels_cut_between_and_inside_fragments():
    data = as_bytes(encapsulated_image([[frame] for frame in JPEG], has_bot=False))
    for cut in (8, 10, 20, 30):
        with pytest.raises(Malformed, match="Pixel Data is cut short"):
            read(data[:-cut])


def test_compressed_syntax_and_pixels_must_agree():
    native = as_bytes(ct_image()).replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.4.50")
    with pytest.raises(Malformed, match="isn't in fragments"):
        read(native)
    encapsulated = as_bytes(encapsulated_image([[JPEG[0]]], has_bot=False)).replace(
        b"UI\x16\x001.2.840.10008.1.2.4.50", b"UI\x14\x001.2.840.10008.1.2.1\0"
    )
    with pytest.raises(Malformed, match="one without compression"):
        read(encapsulated)


def test_a_video_is_one_stream_without_addressable_frames():
    found = read(as_bytes(encapsulated_image([[b"stream"]], has_bot=False, transfer_syntax="1.2.840.10008.1.2.4.102")))
    assert (found.frame_table.kind, found.frame_table.is_video, found.number_of_frames) == ("none", True, 1)


def test_more_than_a_million_frames_are_refused_before_a_table_is_made():
    with pytest.raises(TooLarge):
        read(as_bytes(ct_image(Rows=1, Columns=1, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=1_000_001)))


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_PARTIAL_422"])
def test_halved_chroma_is_two_thirds_of_the_bytes(photometric):
    dataset = ct_image(
        BitsAllocated=8, BitsStored=8, HighBit=7, SamplesPerPixel=3, PhotometricInterpretation=photometric, PixelData=bytes(32)
    )
    assert read(as_bytes(dataset)).frame_table.lengths.tolist() == [32]
    dataset.PixelData = bytes(48)
    assert read(as_bytes(dataset)).frame_table.lengths.tolist() == [48]


def test_nested_sequences_of_undefined_length_and_private_ones():
    dataset = ct_image()
    inner = Dataset()
    inner.PatientID = "not this one"
    outer = Dataset()
    outer.ReferencedStudySequence = [inner, inner]
    dataset.RequestAttributesSequence = [outer]
    dataset["RequestAttributesSequence"].is_undefined_length = True
    outer["ReferencedStudySequence"].is_undefined_length = True
    outer.is_undefined_length_sequence_item = True
    found = read(as_bytes(dataset))
    assert found.identity.patient_id == "P-1"
    assert found.dataset.RequestAttributesSequence[0].ReferencedStudySequence[1].PatientID == "not this one"


def test_sequences_nested_without_end_are_refused():
    item = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    data = PART10[:PIXELS_AT] + item * 5000
    with pytest.raises(Malformed, match="nested too deeply"):
        read(data)


def test_large_values_are_left_out_of_memory():
    dataset = ct_image(EncapsulatedDocument=bytes(1_000_000))
    found = read(as_bytes(dataset))
    assert "EncapsulatedDocument" not in found.dataset
    assert found.dataset.PatientID == "P-1"


def test_a_private_sop_class_and_an_image_without_pixels_are_stored():
    found = read(as_bytes(ct_image(SOPClassUID="1.2.276.0.19.55.1.5.1.1.1", PixelData=None)))
    assert (found.frame_table.kind, found.rows, found.number_of_frames) == ("none", 0, 0)


WHOLE = [
    PART10,
    as_bytes(ct_image(transfer_syntax=ImplicitVRLittleEndian)),
    as_bytes(ct_image(transfer_syntax=ExplicitVRBigEndian)),
    as_bytes(ct_image(transfer_syntax=DeflatedExplicitVRLittleEndian)),
    as_bytes(encapsulated_image([[frame[:6], frame[6:]] for frame in JPEG], has_bot=True)),
    as_bytes(encapsulated_image([[frame] for frame in JPEG], has_bot=False)),
]


@settings(max_examples=400, deadline=None)
@given(whole=st.sampled_from(WHOLE), place=st.floats(0, 1, exclude_max=True), junk=st.binary(min_size=1, max_size=6))
def test_damage_anywhere_is_read_or_refused_but_never_crashes(whole, place, junk):
    position = int(place * len(whole))
    for data in (whole[:position] + junk + whole[position + len(junk) :], whole[:position]):
        try:
            found = read(data)
        except (Fault, *DAMAGED):  # what intake turns into a refusal
            continue
        assert found.frame_table.kind in ("none", "deflated") or sum(map(int, found.frame_table.lengths)) <= len(data)


def test_a_file_of_a_million_tiny_elements_or_fragments_is_refused(monkeypatch):
    monkeypatch.setattr("archive.core.readers.elements.MAX_ELEMENTS", 1000)
    monkeypatch.setattr("archive.core.readers.elements.MAX_TOP_LEVEL_ELEMENTS", 500)
    monkeypatch.setattr("archive.core.readers.pixel_data.MAX_FRAGMENTS", 500)
    flat = PART10[:PIXELS_AT] + b"\x09\x00\x10\x00LO\0\0" * 600
    nested = (
        PART10[:PIXELS_AT] + b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" * 1200 + b"\xfe\xff\xdd\xe0\0\0\0\0"
    )
    many = as_bytes(encapsulated_image([[b""] * 600], has_bot=False))
    for data in (flat, nested, many):
        with pytest.raises(TooLarge):
            read(data)


def test_readers_say_what_they_accept():
    assert {reader.name: bool(reader.accepts) for reader in READERS} == {"part10": True, "bare": True}
    assert JPEGBaseline8Bit in __import__("archive.core.readers.transfer_syntaxes", fromlist=["STORED"]).STORED
