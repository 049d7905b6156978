"""Rendered pictures of stored instances and frames over DICOMweb (PS3.18 10.4), answered in the pixel lane ahead of Django.

By the renderer of the stream and out of its cache. A picture says how true it is in the headers that tiles have.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archive.services import retrieve
from archive.services.retrieve import StoredImage
from governance.core.faults import NotFound
from governance.core.policy import Subject
from governance.services.database import run_in_database
from viewer.core.embedded_profile import with_srgb_profile
from viewer.core.picture import Picture
from viewer.core.picture_digest import DIGEST_BYTES, DigestKind
from viewer.core.picture_header import Codec
from viewer.core.rendered_request import NotOffered, RenderedRequest, frame_number_of, is_known_to, rendered_request
from viewer.services.fresh_cache import FreshCache
from viewer.services.plain_pictures import picture_of, stored_picture
from viewer.services.stored_digests import digest_of

Headers = list[tuple[bytes, bytes]]

_UID = r"([0-9.]{1,64})"
PATH = re.compile(rf"^/dicomweb/studies/{_UID}/series/{_UID}/instances/{_UID}(?:/frames/([^/]{{1,200}}))?/rendered$")
RECIPE = 2  # part of every ETag; raise it when the same request gives other bytes than before
OPENED_S = 10.0
OPENED_IMAGES = 2048
MEDIA_TYPES = {Codec.JPEG: b"image/jpeg", Codec.PNG: b"image/png"}
DIGEST_NAMES = {
    DigestKind.LEVELS_SHA256: "levels-sha256",
    DigestKind.LEVELS_XXH3: "levels-xxh3",
    DigestKind.PAYLOAD_SHA256: "payload-sha256",
}


class _Place(NamedTuple):
    """What a path names; frames is None where it names the instance, which is then shown by its first frame."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frames: str | None


class RenderedPictures:
    """Answers of the rendered resources. count: told of each picture that leaves, by study, for the audit."""

    def __init__(self, count: Callable[[Subject, str], None]) -> None:
        self._count = count
        self._images: FreshCache[tuple[Subject, str], StoredImage] = FreshCache(time_to_live_s=OPENED_S, size=OPENED_IMAGES)

    async def answer(self, actor: Subject, path: str, query: str, headers: Mapping[bytes, bytes]) -> tuple[int, Headers, bytes]:
        """Return status, headers and body for someone who is signed in.

        Raises: NotFound (also for what this actor may not see), RefusedParameter, NotOffered, and as render_frame does.
        """
        matched = PATH.match(path)
        if matched is None:
            raise NotFound
        place = _Place(*matched.groups())
        accept = headers.get(b"accept")
        asked = rendered_request(query=query, accept=None if accept is None else accept.decode("latin-1"))
        frame_number = 1 if place.frames is None else frame_number_of(place.frames)
        image = await self._open(actor, place)
        _check_frame(image, frame_number, is_named=place.frames is not None)
        etag = _etag(image, frame_number, asked)
        varies: Headers = [(b"etag", etag.encode()), (b"vary", b"accept")]
        if is_known_to(headers.get(b"if-none-match", b"").decode("latin-1") or None, etag):
            return 304, varies, b""
        picture = await _picture(image, frame_number, asked)
        self._count(actor, image.study_instance_uid)
        data = with_srgb_profile(picture.data, picture.codec) if asked.has_profile else picture.data
        return 200, [*varies, *_said_of(picture, image, frame_number, asked, is_named=place.frames is not None)], data

    async def _open(self, actor: Subject, place: _Place) -> StoredImage:
        uid = place.sop_instance_uid
        image = await self._images.get((actor, uid), lambda: run_in_database(retrieve.image, actor=actor, sop_instance_uid=uid))
        if (image.study_instance_uid, image.series_instance_uid) != (place.study_instance_uid, place.series_instance_uid):
            raise NotFound("instance of another study or series")
        return image


def _check_frame(image: StoredImage, frame_number: int, *, is_named: bool) -> None:
    if not is_named and not image.number_of_frames:  # a report, a presentation state, an encapsulated document
        raise NotOffered("This instance has no frames that could be rendered.")
    if frame_number > image.number_of_frames:
        raise NotFound("frame")


def _etag(image: StoredImage, frame_number: int, asked: RenderedRequest) -> str:
    """Return a strong entity tag: of the instance's bytes, the frame and the view state, which the bytes of a picture follow from."""
    view = asked.stored_view or asked.view
    named = view.digest(image.sop_instance_uid, frame_number).hex()
    return f'"{image.sha256[:16]}-{named}-{RECIPE}{"p" if asked.has_profile else ""}"'


async def _picture(image: StoredImage, frame_number: int, asked: RenderedRequest) -> Picture:
    if asked.stored_view is not None:
        stored = await stored_picture(image=image, frame_index=frame_number - 1, view=asked.stored_view)
        if stored is not None:
            return stored
    return await picture_of(image=image, frame_index=frame_number - 1, view=asked.view)


def _said_of(picture: Picture, image: StoredImage, frame_number: int, asked: RenderedRequest, *, is_named: bool) -> Headers:
    """Return what the headers say of a picture (rule S05)."""
    kind, digest = digest_of(image, frame_number - 1, picture)
    said: Headers = [
        (b"content-type", MEDIA_TYPES[picture.codec]),
        (b"viewbox-fidelity", picture.fidelity.name.lower().encode()),
        (b"viewbox-source-lossy", b"1" if picture.source_lossy else b"0"),
        (b"viewbox-reduced", b"1" if picture.is_reduced else b"0"),
        (b"viewbox-frame", b"%d/%d" % (frame_number, image.number_of_frames)),
        (b"viewbox-digest", f"{DIGEST_NAMES[kind]}={digest[: DIGEST_BYTES[kind]].hex()}".encode()),
    ]
    if not math.isnan(picture.window_center):
        said.append((b"viewbox-window", f"{picture.window_center:.9g},{picture.window_width:.9g}".encode()))
    view = asked.view
    if view.max_columns > picture.source_columns and view.max_rows > picture.source_rows:
        said.append((b"warning", b'299 Viewbox "The viewport is larger than the frame; pictures are never enlarged."'))
    if not is_named and image.number_of_frames > 1:
        said.append((b"warning", b'299 Viewbox "The first of several frames; frames/{n}/rendered has the others."'))
    return said
