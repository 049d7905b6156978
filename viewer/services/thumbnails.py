"""Thumbnails: small JPEGs for lists and trays. Decoration, never a picture to look at: no identity, no window, no fidelity."""

import hashlib
import os
import uuid
from pathlib import Path

from django.conf import settings

from archive.services import retrieve
from archive.services.retrieve import StoredImage
from governance.core.faults import NotFound
from governance.core.policy import Subject
from viewer.core.view import ViewState
from viewer.services.rendering import render_frame

SIDE_PX = 160
QUALITY = 75
_RECIPE = 2  # part of the cache's names; raise it when thumbnails are made differently


def thumbnail(*, actor: Subject, sop_instance_uid: str, frame_number: int | None = None) -> bytes:
    """Return a JPEG of at most SIDE_PX a side of one frame (from 1; None: the middle one).

    Raises: NotFound when the instance is unknown or not for this actor, or has no such frame; and as render_frame does.
    """
    return thumbnail_of(retrieve.image(actor=actor, sop_instance_uid=sop_instance_uid, is_preview=True), frame_number)


def thumbnail_of(image: StoredImage, frame_number: int | None = None) -> bytes:
    """Return the thumbnail of an image that the caller was let to; kept under CACHE_DIR by the hash of its bytes."""
    number = frame_number if frame_number is not None else image.number_of_frames // 2 + 1
    if not 1 <= number <= image.number_of_frames:
        raise NotFound("frame", number)
    kept = _path(image.sha256, number)
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        pass
    view = ViewState(codec="jpeg", quality=QUALITY, max_columns=SIDE_PX, max_rows=SIDE_PX)
    data = render_frame(image=image, frame_index=number - 1, view=view).data
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = kept.with_name(f".{uuid.uuid4().hex}")
    partial.write_bytes(data)
    os.replace(partial, kept)  # readers see all of it or nothing
    return data


def _path(sha256: str, frame_number: int) -> Path:
    name = hashlib.sha256(f"{_RECIPE} {sha256} {frame_number}".encode("ascii")).hexdigest()
    return Path(settings.CACHE_DIR) / "thumbnails" / name[:2] / f"{name}.jpg"
