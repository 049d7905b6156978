"""From a job of the stream to the bytes that go out: render, read or share, and put the header ahead.

The header says what the pixels are: instance, frame and window come from what was rendered, not from what was asked for.
Pixels are the same for all who look at the same; the header is each one's own.
"""

import contextlib
import math
import time
from collections.abc import Sequence

from archive.services.retrieve import StoredImage
from governance.core.faults import Fault, NotFound
from viewer.core.message_parts import Message
from viewer.core.messages import Kind, TileRequest
from viewer.core.picture import Picture
from viewer.core.picture_digest import NO_DIGEST, DigestKind
from viewer.core.picture_header import FLAG_INVERTED, FLAG_REDUCED, Codec, Fidelity, PictureHeader, instance_digest
from viewer.core.scheduler import Job
from viewer.core.view import ViewState
from viewer.services import pool, stored_frames
from viewer.services.opening import OpenedTarget
from viewer.services.picture_cache import PictureKey, Standing, Tell, picture_cache
from viewer.services.rendering import passed_through_at_once, render_frame
from viewer.services.stored_digests import digest_of
from viewer.services.stored_frames import frame_at_once
from viewer.services.stored_tiles import remember, tile_at_once
from viewer.services.tiles import TILE_VIEW, locate_tile


def make_messages(work: Sequence[tuple[Job, OpenedTarget]]) -> list[bytes | Exception]:
    """Return each job's message, or what went wrong with it; one failure leaves the others alone. On a render thread.

    Whoever joined one of the pictures is told as soon as it is made.
    """
    made: list[bytes | Exception] = []
    for job, target in work:
        try:
            made.append(_make(job, target))
        except Exception as exc:
            give_up([(job, target)], exc)
            made.append(exc)
    return made


def make_messages_timed(work: Sequence[tuple[Job, OpenedTarget]]) -> tuple[Sequence[bytes | BaseException], float]:
    """Return what make_messages does, and how long it took, in s."""
    started = time.perf_counter()
    made = make_messages(work)
    return made, time.perf_counter() - started


def message_at_once(job: Job, target: OpenedTarget) -> Message | None:
    """Return a job's message if it is stored bytes that lie in memory, or an absent tile; None where it needs a thread. Never waits."""
    tile = job.tile
    try:
        image, frame_index, view = _place(job, target)
        if tile is not None:
            if frame_index is None:
                return _absent(job, image, tile)
            tile_message = tile_at_once(job, image, frame_index)
            if tile_message is not None:
                return tile_message
        elif frame_index is None or view.codec not in ("auto", "stored"):
            return None
        elif (message := frame_at_once(job, image, frame_index, view)) is not None:
            pool.count(pictures_passed_through=1)
            return message
        picture = passed_through_at_once(image=image, frame_index=frame_index, view=view)
    except Fault:
        return None  # the thread meets it again and says so
    if picture is None:
        return None
    made = _message(job, image, frame_index, view, picture)
    if tile is not None:
        remember(image, frame_index, picture, made)
    else:
        stored_frames.remember(image, frame_index, view, picture, made)
    return made


def ask_for(job: Job, target: OpenedTarget, tell: Tell) -> bytes | Standing:
    """Return a job's message if its picture was made for someone; else say who makes it, as PictureCache.ask does."""
    try:
        image, frame_index, view = _place(job, target)
    except NotFound:
        return Standing.YOURS  # nobody else wants it; the thread says what is wrong
    if frame_index is None:
        return Standing.YOURS
    asked = picture_cache().ask(PictureKey(image.sha256, frame_index, view), tell)
    return asked if isinstance(asked, Standing) else _message(job, image, frame_index, view, asked)


def message_of(job: Job, target: OpenedTarget, picture: Picture) -> bytes:
    """Return a job's message about a picture that someone else made. Raises: NotFound where the job has none."""
    image, frame_index, view = _place(job, target)
    if frame_index is None:
        raise NotFound("frame")
    return _message(job, image, frame_index, view, picture)


def give_up(work: Sequence[tuple[Job, OpenedTarget]], exc: BaseException) -> list[BaseException]:
    """Tell whoever joined these jobs' pictures that there will be none; return what became of each job, as make_messages does."""
    for job, target in work:
        with contextlib.suppress(NotFound):
            image, frame_index, view = _place(job, target)
            if frame_index is not None:
                picture_cache().finish(PictureKey(image.sha256, frame_index, view), exc)
    return [exc] * len(work)


def _make(job: Job, target: OpenedTarget) -> bytes:
    image, frame_index, view = _place(job, target)
    if frame_index is None:
        if job.tile is None:
            raise NotFound("tile")
        return _absent(job, image, job.tile)
    state = target.states.get(view.presentation) if view.presentation is not None else None
    picture = render_frame(image=image, frame_index=frame_index, view=view, state=state)
    picture_cache().finish(PictureKey(image.sha256, frame_index, view), picture)
    return _message(job, image, frame_index, view, picture)


def _place(job: Job, target: OpenedTarget) -> tuple[StoredImage, int | None, ViewState]:
    """Return the image, the frame (from 0; None: a tile that is absent) and the view of a job. Raises: NotFound outside the target."""
    tile = job.tile
    if tile is not None:
        return *locate_tile(levels=target.levels, level=tile.level, column=tile.column, row=tile.row), TILE_VIEW
    if job.view is None or job.index >= len(target.frames):
        raise NotFound("index")
    if job.view.presentation is not None and job.view.presentation not in target.states:
        raise NotFound("presentation state")  # before a picture that was made for someone else is handed out
    return *target.frames[job.index], job.view


def _message(job: Job, image: StoredImage, frame_index: int, view: ViewState, picture: Picture) -> bytes:
    tile = job.tile
    is_known = tile is not None or picture.fidelity is not Fidelity.STORED
    digest_kind, digest = (picture.digest_kind, picture.digest) if is_known else digest_of(image, frame_index, picture)
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
            flags=(FLAG_INVERTED if picture.inverted else 0) | (FLAG_REDUCED if picture.is_reduced else 0) | int(picture.applied),
            source_ratio=picture.source_ratio,
            render_us=picture.render_us,
            encode_us=picture.encode_us,
            tile_column=tile.column if tile else 0,
            tile_row=tile.row if tile else 0,
            level=tile.level if tile else 0,
            digest_kind=digest_kind,
            payload_length=len(picture.data),
            digest=digest,
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
        digest_kind=DigestKind.NONE,
        payload_length=0,
        digest=NO_DIGEST,
    ).pack()
