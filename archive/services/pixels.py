"""Pixels of a stored image: its description and its decoded frames. No ORM, no access decision: callers have checked."""

import threading
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, cast

from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame, decode_frame, describe_frames
from archive.core.codecs.frames import frame_bytes
from archive.core.codecs.native import swap_words, word_span
from archive.core.description import EXPLICIT_BIG_ENDIAN, XA_XRF, ImageDescription, describe_image
from archive.core.readers.elements import KEPT_VALUE_BYTES, Element
from archive.core.readers.lean_header import LeanHeader, read_lean_header
from archive.core.readers.transfer_syntaxes import DEFLATED
from archive.services import retrieve
from archive.services.decoding import guard_decoders
from archive.services.frame_cache import frame_cache
from archive.services.retrieve import StoredImage
from archive.services.storage import object_store
from governance.core.faults import Fault, ImageTooLarge, Malformed, NotFound, TooLarge, Undecodable

DESCRIPTIONS_KEPT = 4096  # 2-3 kB each; a stack and its neighbours, many times
CLEAN_KEPT = 65_536
FRAMES_KEPT = 256  # of uncompressed objects: no memory, since they lie in mapped files, but each may hold its file open
WHOLE_HEADER_BYTES = 8_000_000  # of longer headers only what a description needs is read
MOST_ENCODED_BYTES = 1 << 20  # of a compressed frame, besides twice what it decodes to
_WHOLE_SLIDE, _PER_FRAME_GROUPS = "1.2.840.10008.5.1.4.1.1.77.1.6", 0x52009230

_descriptions: OrderedDict[str, ImageDescription] = OrderedDict()
_clean: set[tuple[str, int]] = set()
_frames: OrderedDict[tuple[str, int], DecodedFrame] = OrderedDict()
_lock = threading.Lock()
guard_decoders()  # before anything is decoded


def description_of(image: StoredImage) -> ImageDescription:
    """Return the description of an image, read once and kept by the hash of its bytes.

    Raises: Undecodable; TooLarge when more than retrieve.MAX_HEADER_BYTES of header would have to be read.
    """
    known = known_description(image)
    if known is not None:
        return known
    try:
        description = _described(image)
    except (Malformed, TooLarge) as exc:
        raise _of_the_image(exc) from exc
    with _lock:
        _descriptions[image.sha256] = description
        while len(_descriptions) > DESCRIPTIONS_KEPT:
            _descriptions.popitem(last=False)
    return description


def _of_the_image(exc: Fault) -> Fault:
    """Return a fault that says it is the image's, not the request's."""
    if isinstance(exc, (Undecodable, ImageTooLarge)):
        return exc
    return ImageTooLarge(*exc.args) if isinstance(exc, TooLarge) else Undecodable(*exc.args)


def _described(image: StoredImage) -> ImageDescription:
    header = _header_of(image)
    pixel_element = b""
    if image.transfer_syntax_uid == EXPLICIT_BIG_ENDIAN:  # the only syntax whose samples depend on the element's VR
        pixel_element = object_store().read(image.sha256, image.frame_table.header_length, 8)
    # Intake has collected what frames carry themselves, except the intensity relationship of angiograms (rule S09).
    per_frame = None if image.sop_class_uid in XA_XRF else cast(dict[str, Any], image.facts.get("PerFrame") or {})
    description = describe_image(header.data, image.transfer_syntax_uid, pixel_element=pixel_element, per_frame=per_frame)
    if header.gaps:
        planes = tuple(replace(plane, data_offset=header.offset_in_file(plane.data_offset)) for plane in description.overlays)
        description = replace(description, overlays=planes)
    if image.number_of_frames:
        description = describe_frames(description, partial(retrieve.read_frame, image, 0))
    return description


def _header_of(image: StoredImage) -> LeanHeader:
    """Return an image's header; a long one without large private values, nor what each tile of a slide says of itself."""
    length = image.frame_table.header_length
    if length <= WHOLE_HEADER_BYTES or image.transfer_syntax_uid == DEFLATED:
        return LeanHeader(retrieve.read_header(image))
    is_slide = image.sop_class_uid == _WHOLE_SLIDE

    def leaves_out(element: Element) -> bool:
        is_large_private = bool(element.tag >> 16 & 1) and element.length > KEPT_VALUE_BYTES
        return is_large_private or (is_slide and element.tag == _PER_FRAME_GROUPS)

    return read_lean_header(retrieve.source_of(image), length, max_bytes=retrieve.MAX_HEADER_BYTES, leaves_out=leaves_out)


def known_description(image: StoredImage) -> ImageDescription | None:
    """Return the description if it was read before and is still kept. Never waits."""
    with _lock:
        known = _descriptions.get(image.sha256)
        if known is not None:
            _descriptions.move_to_end(image.sha256)
        return known


def decoded(image: StoredImage, frame_index: int) -> DecodedFrame:
    """Return one frame's stored values, perhaps read-only. Raises: NotFound outside the frames, and as read_frame and decode_frame do."""
    description = description_of(image)
    if image.frame_table.kind == "native":
        return _native(image, frame_index, description)
    if not 0 <= frame_index < len(image.frame_table):
        raise NotFound("frame")
    return frame_cache().frame(f"{image.sha256}-{frame_index}", partial(_decoded_now, image, frame_index, description))


def decoded_at_once(image: StoredImage, frame_index: int) -> DecodedFrame | None:
    """Return a frame's stored values if they are mapped already, in memory or not, else None. Never waits."""
    if image.frame_table.kind == "native":
        return _frames.get((image.sha256, frame_index))
    return frame_cache().frame_at_once(f"{image.sha256}-{frame_index}")


def _native(image: StoredImage, frame_index: int, description: ImageDescription) -> DecodedFrame:
    """Decode an uncompressed frame. Looked through once and found without bits above High Bit, it is not looked through again.

    What lies in a mapped file as it is stored is kept: finding it again took as long as hashing a picture's levels.
    """
    key = (image.sha256, frame_index)
    known = _frames.get(key)
    if known is not None:
        return known
    frame = _native_now(image, frame_index, description)
    is_mapped = not frame.values.flags.writeable and not description.is_word_swapped  # words put in order are bytes of their own
    if is_mapped and object_store().local_path(image.sha256) is not None:
        with _lock:
            _frames[key] = frame
            if len(_frames) > FRAMES_KEPT:
                _frames.popitem(last=False)
    return frame


def _native_now(image: StoredImage, frame_index: int, description: ImageDescription) -> DecodedFrame:
    key = (image.sha256, frame_index)
    if key in _clean:
        return _decoded_now(image, frame_index, _as_allocated(description))
    frame = _decoded_now(image, frame_index, description)
    if not description.is_signed and not frame.values.flags.writeable:  # these are the stored bytes themselves
        if len(_clean) >= CLEAN_KEPT:
            _clean.clear()
        _clean.add(key)
    return frame


@lru_cache(maxsize=DESCRIPTIONS_KEPT)
def _as_allocated(description: ImageDescription) -> ImageDescription:
    """Return a description by which no bit is cut off."""
    return replace(description, bits_stored=description.bits_allocated, high_bit=description.bits_allocated - 1)


def unmasked(image: StoredImage, frame_index: int) -> NDArray[Any]:
    """Return one frame's samples, unsigned, with all their allocated bits: old overlays lie in those that the image leaves unused.

    Raises: as decoded does.
    """
    whole = description_of(image)
    bits = whole.bits_allocated
    return _decoded_now(image, frame_index, replace(whole, bits_stored=bits, high_bit=bits - 1, is_signed=False)).values


def header_bytes(image: StoredImage, offset: int, length: int) -> bytes:
    """Return bytes of the header that read_header returns, without reading the rest where they lie in the file as they are."""
    if image.transfer_syntax_uid == DEFLATED:
        return retrieve.read_header(image)[offset : offset + length]
    return object_store().read(image.sha256, offset, length)


def _decoded_now(image: StoredImage, frame_index: int, description: ImageDescription) -> DecodedFrame:
    try:
        if description.is_word_swapped:
            return decode_frame(_in_byte_order(image, frame_index), description, frame_index)
        return decode_frame(encoded(image, frame_index, description), description, frame_index)
    except (Malformed, TooLarge) as exc:
        raise _of_the_image(exc) from exc


def encoded(image: StoredImage, frame_index: int, description: ImageDescription) -> bytes | memoryview:
    """Return one frame's bytes as retrieve.view_frame does. Raises: as that, and TooLarge before reading more than a frame can need."""
    if image.frame_table.kind == "encapsulated" and 0 <= frame_index < len(image.frame_table):
        length = image.frame_table.span(frame_index)[1]
        if length > MOST_ENCODED_BYTES + 2 * frame_bytes(description):
            raise TooLarge("a compressed frame", length)
    return retrieve.view_frame(image, frame_index)


def _in_byte_order(image: StoredImage, frame_index: int) -> bytes:
    """Return a frame of 8-bit samples that lie in big-endian words; a frame of odd length begins or ends inside one."""
    table = image.frame_table
    offset, length = table.span(frame_index)
    start, whole = word_span(offset, length, int(table.offsets[0]))
    return swap_words(object_store().read(image.sha256, start, whole))[offset - start :][:length]
