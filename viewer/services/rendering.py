"""Rendering: one frame of a stored image, in a view, as a picture. No ORM and no access decision: callers have checked."""

import hashlib
import math
from time import perf_counter_ns

import imagecodecs
import numpy as np

from archive.core.codecs import DecodedFrame, codec_for
from archive.core.description import ImageDescription
from archive.services import pixels, retrieve
from archive.services.retrieve import StoredImage
from governance.core.faults import NotFound, Unsupported
from viewer.core.applied import Applied
from viewer.core.display import colour_management, shows_stored_levels
from viewer.core.encode import encode_jpeg, encode_png, reduce_levels, reduced_size
from viewer.core.icc import is_known
from viewer.core.level_hash import level_hash
from viewer.core.local_levels import pack_values
from viewer.core.picture import Picture
from viewer.core.picture_digest import NO_DIGEST, DigestKind
from viewer.core.picture_header import Codec, Fidelity
from viewer.core.shown_frame import show_frame
from viewer.core.view import ViewState
from viewer.core.voi_choice import stored_voi, voi_of
from viewer.services import pool
from viewer.services.frame_source import StoredFrames
from viewer.services.presentation_states import StateInUse, frames_of, presented_flag

MAX_BYTES_AT_ONCE = 500_000  # copying and hashing them takes 0.4 ms

__all__ = ["Picture", "passed_through", "passed_through_at_once", "render_frame", "warm_kernels"]


def render_frame(*, image: StoredImage, frame_index: int, view: ViewState, state: StateInUse | None = None) -> Picture:
    """Return a frame (from 0) of an image as a picture in a view.

    view.codec: "jpeg" always encodes here. "auto", "stored" and "png" are lossless: PNG, except that "auto" and "stored" hand
    out a stored JPEG frame as it is where the view changes none of its pixels. "values" hands out the stored values, with what makes
    levels of them (viewer.core.local_levels).
    state: the presentation state that the view names. A frame that it isn't about is shown without it; Picture.applied says so.
    Raises: NotFound outside the frames, and where the state isn't given; Malformed, Unsupported, TooLarge from decoding and the
    display chain.
    """
    started = perf_counter_ns()
    if not 0 <= frame_index < image.number_of_frames:
        raise NotFound("frame", frame_index + 1)
    frames = frames_of(image, frame_index, view, state)
    description = frames.description
    rows, columns = reduced_size(description.rows, description.columns, view.max_rows, view.max_columns)
    is_native = (rows, columns) == (description.rows, description.columns)
    if view.codec in ("auto", "stored") and is_native:
        picture = passed_through(image, frame_index, view, description)
        if picture is not None:
            return picture._replace(applied=picture.applied | presented_flag(frames))
    if view.codec == "values":
        return _values(image, frame_index, view, frames, is_native=is_native, started=started)
    shown = show_frame(frames, frame_index, view)
    levels = shown.at_size(reduce_levels(shown.levels, rows, columns))
    rendered = perf_counter_ns()
    is_jpeg = view.codec == "jpeg"
    data = encode_jpeg(levels, view.quality) if is_jpeg else encode_png(levels)
    source_lossy, source_ratio = _source_loss(image, frame_index, description, shown.decoded)
    pool.count(pictures_rendered=1)
    return Picture(
        data=data,
        codec=Codec.JPEG if is_jpeg else Codec.PNG,
        quality=view.quality if is_jpeg else 0,
        width=columns,
        height=rows,
        source_columns=description.columns,
        source_rows=description.rows,
        window_center=math.nan if shown.window_center is None else shown.window_center,
        window_width=math.nan if shown.window_width is None else shown.window_width,
        fidelity=Fidelity.LOSSY if is_jpeg else Fidelity.LOSSLESS,
        source_lossy=source_lossy,
        source_ratio=source_ratio,
        inverted=view.invert,
        digest_kind=DigestKind.LEVELS_XXH3 if is_jpeg else DigestKind.LEVELS_SHA256,
        digest=level_hash(levels).ljust(32, b"\0") if is_jpeg else hashlib.sha256(levels.data).digest(),
        render_us=(rendered - started) // 1000,
        encode_us=(perf_counter_ns() - rendered) // 1000,
        applied=shown.applied if view.presentation is None else shown.applied | presented_flag(frames),
    )


def passed_through_at_once(*, image: StoredImage, frame_index: int, view: ViewState) -> Picture | None:
    """Return a colour frame's stored bytes as a picture if they can be had without waiting, else None: cine loops and slide tiles.

    Cheap enough for an event loop (some 20 µs); everything else is render_frame's. Raises: as passed_through does.
    """
    description = pixels.known_description(image) if view.presentation is None else None
    if description is None or description.samples_per_pixel != 3 or view.codec not in ("auto", "stored"):
        return None
    if not codec_for(image.transfer_syntax_uid).is_light or not (
        description.colour_profile is None or is_known(description.colour_profile)
    ):
        return None
    if reduced_size(description.rows, description.columns, view.max_rows, view.max_columns) != (description.rows, description.columns):
        return None
    stored = retrieve.view_frame_at_once(image, frame_index)
    if stored is None or len(stored) > MAX_BYTES_AT_ONCE:
        return None
    return passed_through(image, frame_index, view, description, stored=bytes(stored))


def passed_through(
    image: StoredImage, frame_index: int, view: ViewState, description: ImageDescription, *, stored: bytes | None = None
) -> Picture | None:
    """Return the frame's stored bytes as a picture, or None when a browser would not show them as the chain does.

    stored: the frame's bytes, where the caller has them already.
    RGB-component JPEG gets Adobe's marker (rule S10). The view's size is not looked at.
    """
    browser_bytes = codec_for(image.transfer_syntax_uid).browser_bytes
    if browser_bytes is None or not shows_stored_levels(description, frame_index, view):
        return None
    started = perf_counter_ns()
    data = browser_bytes(bytes(pixels.encoded(image, frame_index, description)) if stored is None else stored, description)
    if data is None:
        return None
    voi = stored_voi(description, frame_index, view) if description.samples_per_pixel == 1 else None
    source_lossy, source_ratio = _source_loss(image, frame_index, description, None)
    pool.count(pictures_passed_through=1)
    return Picture(
        data=data,
        codec=Codec.JPEG,
        quality=0,
        width=description.columns,
        height=description.rows,
        source_columns=description.columns,
        source_rows=description.rows,
        window_center=math.nan if voi is None or voi.center is None else voi.center,
        window_width=math.nan if voi is None or voi.width is None else voi.width,
        fidelity=Fidelity.STORED,
        source_lossy=source_lossy,
        source_ratio=source_ratio,
        inverted=False,
        digest_kind=DigestKind.NONE,
        digest=NO_DIGEST,
        render_us=(perf_counter_ns() - started) // 1000,
        encode_us=0,
        applied=colour_management(description, view) if description.samples_per_pixel == 3 else Applied.NOTHING,
    )


def _values(image: StoredImage, frame_index: int, view: ViewState, frames: StoredFrames, *, is_native: bool, started: int) -> Picture:
    description = frames.description
    if not is_native:
        raise Unsupported("values", "of another size")
    if frames.upper(frame_index) is not None:
        raise Unsupported("values", "of blended images")
    decoded = frames.decoded(frame_index)
    voi = voi_of(decoded, description, frame_index, view)
    rendered = perf_counter_ns()
    data = pack_values(decoded, description, frame_index, view, voi)
    source_lossy, source_ratio = _source_loss(image, frame_index, description, decoded)
    pool.count(pictures_rendered=1)
    return Picture(
        data=data,
        codec=Codec.VALUES,
        quality=0,
        width=description.columns,
        height=description.rows,
        source_columns=description.columns,
        source_rows=description.rows,
        window_center=math.nan if voi.center is None else voi.center,
        window_width=math.nan if voi.width is None else voi.width,
        fidelity=Fidelity.LOSSLESS,
        source_lossy=source_lossy,
        source_ratio=source_ratio,
        inverted=view.invert,
        digest_kind=DigestKind.PAYLOAD_SHA256,
        digest=hashlib.sha256(data).digest(),
        render_us=(rendered - started) // 1000,
        encode_us=(perf_counter_ns() - rendered) // 1000,
        applied=presented_flag(frames),
    )


def _source_loss(image: StoredImage, frame_index: int, description: ImageDescription, frame: DecodedFrame | None) -> tuple[bool, float]:
    """Return whether the stored frame had lost something, and by which ratio: the stated one, else this frame's own.

    frame: decoded, or None where the stored bytes are a lossy JPEG.
    """
    if not (description.is_lossy or frame is None or frame.is_lossy):
        return False, math.nan
    if description.lossy_ratio is not None:
        return True, description.lossy_ratio
    is_lossy_here = frame is None or frame.is_lossy
    size_bytes = image.frame_table.span(frame_index)[1]
    if not is_lossy_here or not size_bytes:
        return True, math.nan
    raw = description.rows * description.columns * description.samples_per_pixel * description.bits_stored / 8
    return True, raw / size_bytes


def warm_kernels() -> None:
    """Load what the first picture would wait for: kernels compile when imported, codec libraries load when first used."""
    for codec in ("jpeg8", "jpegls", "jpeg2k", "jpegxl"):
        getattr(imagecodecs, f"{codec}_decode")
    grey = np.zeros((2, 2), np.uint8)
    for levels in (grey, np.zeros((2, 2, 3), np.uint8)):
        encode_jpeg(levels, 80)
        encode_png(levels)
        reduce_levels(levels, 1, 1)
