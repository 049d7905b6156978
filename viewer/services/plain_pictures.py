"""Pictures for those who ask over plain HTTP: the renderer and the cache of the stream, one at a time.

No access decision: who holds an image was let in. Runs on an event loop; what takes time runs on a render thread, or in a turn of its own.
"""

import asyncio
import contextlib
from concurrent.futures import Future
from functools import partial

from archive.core.codecs import codec_for
from archive.services import pixels
from archive.services.retrieve import StoredImage
from viewer.core.encode import reduced_size
from viewer.core.picture import Picture
from viewer.core.view import ViewState
from viewer.services import pool
from viewer.services.picture_cache import Made, PictureKey, Standing, Tell, picture_cache
from viewer.services.rendering import passed_through, passed_through_at_once, render_frame
from viewer.services.short_renders import HAS_OWN_PROCESSOR, is_short, turns
from viewer.services.stored_digests import digest_of


async def stored_picture(*, image: StoredImage, frame_index: int, view: ViewState) -> Picture | None:
    """Return a frame's stored bytes as a picture, or None where the view changes them or they are no JPEG that browsers show.

    view: its codec is "stored". Raises: as passed_through does; Exhausted.
    """
    if codec_for(image.transfer_syntax_uid).browser_bytes is None:
        return None
    at_once = passed_through_at_once(image=image, frame_index=frame_index, view=view)
    return at_once or await pool.run(_stored, image, frame_index, view, priority=pool.Priority.STILL)


async def picture_of(*, image: StoredImage, frame_index: int, view: ViewState) -> Picture:
    """Return a frame (from 0) in a view; what others look at, or ask for at the same time, is made once.

    Raises: as render_frame does; Exhausted when the render queue is full.
    """
    key = PictureKey(image.sha256, frame_index, view)
    told: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()

    def tell(made: Made) -> None:
        if told.done():
            return
        if isinstance(made, Picture):
            told.set_result(made)
        else:
            told.set_exception(made)

    asked = picture_cache().ask(key, tell)
    if isinstance(asked, Picture):
        return asked
    if asked is Standing.BEING_MADE:
        return await told
    try:
        if HAS_OWN_PROCESSOR and is_short(image, frame_index, view):
            turns().submit(partial(_make_here, key, image, tell))
        else:
            _make_on_a_thread(key, image, tell)
    except Exception as exc:
        picture_cache().finish(key, exc)
        raise
    return await told  # others may have joined: it is made though its asker left


def _make_here(key: PictureKey, image: StoredImage, tell: Tell) -> None:
    try:
        picture = _make(key, image)
    except Exception as exc:
        tell(exc)
    else:
        tell(picture)


def _make_on_a_thread(key: PictureKey, image: StoredImage, tell: Tell) -> None:
    loop = asyncio.get_running_loop()

    def made_it(call: "Future[Picture]") -> None:
        exc = call.exception()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, call.result() if exc is None else exc)

    pool.submit(_make, key, image, priority=pool.Priority.STILL).add_done_callback(made_it)


def _make(key: PictureKey, image: StoredImage) -> Picture:
    try:
        picture = render_frame(image=image, frame_index=key.frame_index, view=key.view)
    except BaseException as exc:
        picture_cache().finish(key, exc)
        raise
    picture_cache().finish(key, picture)
    return picture


def _stored(image: StoredImage, frame_index: int, view: ViewState) -> Picture | None:
    description = pixels.description_of(image)
    native = (description.rows, description.columns)
    if reduced_size(*native, view.max_rows, view.max_columns) != native:
        return None
    picture = passed_through(image, frame_index, view, description)
    if picture is not None:
        digest_of(image, frame_index, picture)  # remembered from now on: no event loop has to take it
    return picture
