"""From a job of the stream to the bytes that go out: render or read, put the header ahead. Runs on render threads.

The header says what the pixels are: instance, frame and window come from what was rendered, not from what was asked for.
"""

import math
from collections.abc import Sequence

from archive.services.retrieve import StoredImage
from governance.core.faults import Fault, NotFound
from viewer.core.messages import Kind, TileRequest
from viewer.core.picture import Picture
from viewer.core.picture_header import FLAG_INVERTED, FLAG_REDUCED, NO_DIGEST, Codec, Fidelity, PictureHeader, instance_digest
from viewer.core.scheduler import Job
from viewer.core.view import ViewState
from viewer.services.opening import OpenedTarget
from viewer.services.rendering import passed_through_at_once, render_frame
from viewer.services.stored_tiles import remember, tile_at_once
from viewer.services.tiles import TILE_VIEW, locate_tile, read_tile


def make_messages(work: Sequence[tuple[Job, OpenedTarget]]) -> list[bytes | Exception]:
    """Return each job's message, or what went wrong with it; one failure leaves the others alone."""
    made: list[bytes | Exception] = []
    for job, target in work:
        try:
            made.append(_picture(job, target) if job.view is not None else _tile(job, target))
        except Exception as exc:
            made.append(exc)
    return made


def message_at_once(job: Job, target: OpenedTarget) -> bytes | None:
    """Return a job's message if it is stored bytes that lie in memory, or an absent tile; None where it needs a thread. Never waits."""
    tile = job.tile
    try:
        if tile is not None:
            image, frame_index = locate_tile(levels=target.levels, level=tile.level, column=tile.column, row=tile.row)
            if frame_index is None:
                return _absent(job, image, tile)
            message = tile_at_once(job, image, frame_index)
            if message is not None:
                return message
            view = TILE_VIEW
        elif job.view is not None and job.index < len(target.frames):
            (image, frame_index), view = target.frames[job.index], job.view
        else:
            return None
        picture = passed_through_at_once(image=image, frame_index=frame_index, view=view)
    except Fault:
        return None  # the thread meets it again and says so
    if picture is None:
        return None
    made = _message(job, image, frame_index, view, picture)
    if tile is not None:
        remember(image, frame_index, picture, made)
    return made


def _picture(job: Job, target: OpenedTarget) -> bytes:
    if job.view is None or job.index >= len(target.frames):
        raise NotFound("index")
    image, frame_index = target.frames[job.index]
    picture = render_frame(image=image, frame_index=frame_index, view=job.view)
    return _message(job, image, frame_index, job.view, picture)


def _tile(job: Job, target: OpenedTarget) -> bytes:
    tile = job.tile
    if tile is None:
        raise NotFound("tile")
    found = read_tile(levels=target.levels, level=tile.level, column=tile.column, row=tile.row)
    if found.picture is None or found.frame_index is None:
        return _absent(job, found.image, tile)
    return _message(job, found.image, found.frame_index, TILE_VIEW, found.picture)


def _message(job: Job, image: StoredImage, frame_index: int, view: ViewState, picture: Picture) -> bytes:
    tile = job.tile
    return (
        PictureHeader(
            kind=Kind.PICTURE if tile is None else Kind.TILE,
            viewport=job.viewport,
            codec=picture.codec,
            quality=picture.quality,
            epoch=job.epoch,
            sequence=job.sequence,
            index=job.index,
            frame_number=frame_index + 1,
            instance_digest=instance_digest(image.sop_instance_uid),
            view_hash=view.digest(image.sop_instance_uid, frame_index + 1),
            width=picture.width,
            height=picture.height,
            source_columns=picture.source_columns,
            source_rows=picture.source_rows,
            window_center=picture.window_center,
            window_width=picture.window_width,
            fidelity=picture.fidelity,
            source_lossy=picture.source_lossy,
            flags=(FLAG_INVERTED if picture.inverted else 0) | (FLAG_REDUCED if picture.is_reduced else 0),
            source_ratio=picture.source_ratio,
            render_us=picture.render_us,
            encode_us=picture.encode_us,
            tile_column=tile.column if tile else 0,
            tile_row=tile.row if tile else 0,
            level=tile.level if tile else 0,
            payload_length=len(picture.data),
            digest=picture.digest,
        ).pack()
        + picture.data
    )


def _absent(job: Job, image: StoredImage, tile: TileRequest) -> bytes:
    return PictureHeader(
        kind=Kind.TILE,
        viewport=job.viewport,
        epoch=job.epoch,
        sequence=job.sequence,
        index=0,
        frame_number=0,
        instance_digest=instance_digest(image.sop_instance_uid),
        view_hash=bytes(16),
        codec=Codec.NONE,
        quality=0,
        width=0,
        height=0,
        source_columns=image.columns,
        source_rows=image.rows,
        window_center=math.nan,
        window_width=math.nan,
        fidelity=Fidelity.ABSENT,
        source_lossy=False,
        flags=0,
        source_ratio=math.nan,
        render_us=0,
        encode_us=0,
        tile_column=tile.column,
        tile_row=tile.row,
        level=tile.level,
        payload_length=0,
        digest=NO_DIGEST,
    ).pack()
