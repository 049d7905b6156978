"""What a request for a rendered picture asks for: media type and query parameters (PS3.18 8.3.3, 8.3.5, 10.4), as a view state.

What this server cannot do exactly is refused by name, never ignored: a picture that looks like an answer to another question is worse
than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl

from governance.core.faults import Malformed, NotAcceptable
from viewer.core.view import ViewState

Media = Literal["image/jpeg", "image/png"]
MEDIA: tuple[Media, ...] = ("image/jpeg", "image/png")  # the first is the default (PS3.18 8.7.4)
DEFAULT_QUALITY = 90
MAX_SIDE = 65_535
MAX_PARAMETERS = 16
MAX_RANGES = 32
FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
COLOURS = ("no", "yes", "srgb")
PARAMETERS = ("accept", "window", "viewport", "quality", "iccprofile")


class RefusedParameter(Malformed):
    """A query parameter that is wrong, or asks for what this server does not do; public_detail is fit for anybody to read."""

    def __init__(self, public_detail: str) -> None:
        super().__init__(public_detail)
        self.public_detail = public_detail


class NotOffered(NotAcceptable):
    """Nothing that was asked for can be given; public_detail is fit for anybody to read."""

    def __init__(self, public_detail: str) -> None:
        super().__init__(public_detail)
        self.public_detail = public_detail


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """A wish for one picture.

    view: its codec is "jpeg" or "png".
    stored_view: the same with the codec "stored", where a stored JPEG may go out as it is if the view changes nothing: no quality and no
        profile was asked for. Else None.
    has_profile: the picture is to carry the ICC profile of its colours, which are sRGB.
    """

    media: Media
    view: ViewState
    stored_view: ViewState | None
    has_profile: bool


@lru_cache(maxsize=64)
def rendered_request(*, query: str, accept: str | None) -> RenderedRequest:
    """Return what a query string (percent-encoded) and an Accept header (None: absent) ask for.

    Raises: RefusedParameter, NotOffered.
    """
    given = _parameters(query)
    media = chosen_media(accept=accept, accept_parameter=given.get("accept"))
    window, function = _window(given["window"]) if "window" in given else (None, "")
    columns, rows = _viewport(given["viewport"]) if "viewport" in given else (0, 0)
    quality = _number("quality", given["quality"], 100) if "quality" in given else None
    colours = given.get("iccprofile", "").lower()
    if colours and colours not in COLOURS:
        raise RefusedParameter("iccprofile: this server offers no, yes and srgb.")
    has_profile = colours in ("yes", "srgb")
    try:
        view = ViewState(
            window=window,
            voi_function=function,
            max_columns=columns,
            max_rows=rows,
            codec="jpeg" if media == "image/jpeg" else "png",
            quality=quality or DEFAULT_QUALITY,
            icc=colours != "no",
        )
    except Malformed as exc:
        raise RefusedParameter("window: a finite center, and a width above 0 (for linear at least 1).") from exc
    may_be_stored = media == "image/jpeg" and quality is None and not has_profile
    return RenderedRequest(media, view, replace(view, codec="stored") if may_be_stored else None, has_profile)


@lru_cache(maxsize=256)
def chosen_media(*, accept: str | None, accept_parameter: str | None) -> Media:
    """Return the media type to answer with (PS3.18 8.7.8): of the accept parameter where the header allows it, else of the header.

    Raises: NotOffered.
    """
    header = _ranges(accept) if accept is not None and accept.strip() else [("*/*", 1.0)]
    weights = {media: _weight(media, header) for media in MEDIA}
    if accept_parameter is not None:
        asked = _ranges(accept_parameter)
        best = max(MEDIA, key=lambda media: (_weight(media, asked), weights[media]))
        if _weight(best, asked) > 0 and weights[best] > 0:
            return best
    best = max(MEDIA, key=lambda media: weights[media])
    if not weights[best] > 0:
        raise NotOffered("Rendered pictures are image/jpeg or image/png.")
    return best


def frame_number_of(text: str) -> int:
    """Return the frame number, from 1, that a path names. Raises: NotOffered for a list of frames, RefusedParameter."""
    if "," in text:
        raise NotOffered("One frame at a time: a list of frames is not offered.")
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise RefusedParameter("frame: a whole number from 1.")
    return int(text)


def is_known_to(header: str | None, etag: str) -> bool:
    """Say whether If-None-Match names this entity tag (RFC 9110 13.1.2, weak comparison)."""
    if header is None:
        return False
    named = [each.strip().removeprefix("W/") for each in header.split(",")]
    return named == ["*"] or etag in named


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError as exc:
        raise RefusedParameter("The query cannot be understood.") from exc
    given = dict(pairs)
    if len(given) != len(pairs):
        raise RefusedParameter("A query parameter stands there twice.")
    if "annotation" in given:
        raise RefusedParameter("annotation: this server draws no annotations into pictures.")
    if set(given) - set(PARAMETERS):
        raise RefusedParameter("A query parameter that this resource does not have.")
    return given


def _window(text: str) -> tuple[tuple[float, float], str]:
    """center,width[,function]; without the function, the image's own or LINEAR."""
    parts = [part.strip() for part in text.split(",")]
    function = FUNCTIONS.get(parts[2].lower().replace("_", "-")) if len(parts) == 3 else ""
    if len(parts) not in (2, 3) or function is None:
        raise RefusedParameter("window: center,width,function, where function is linear, linear-exact or sigmoid.")
    try:
        return (float(parts[0]), float(parts[1])), function
    except ValueError as exc:
        raise RefusedParameter("window: center and width are decimal numbers.") from exc


def _viewport(text: str) -> tuple[int, int]:
    """vw,vh; a source region is refused, since pictures here are always of the whole frame."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2 and any(parts[2:]):
        raise RefusedParameter("viewport: a source region (sx,sy,sw,sh) is not offered, only the whole frame (vw,vh).")
    if len(parts) < 2:
        raise RefusedParameter("viewport: vw,vh, both whole numbers from 1.")
    return _number("viewport", parts[0], MAX_SIDE), _number("viewport", parts[1], MAX_SIDE)


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise RefusedParameter(f"{name}: whole numbers from 1 to {most}.")
    return int(text)


def _ranges(text: str) -> list[tuple[str, float]]:
    """Return media ranges with their weights; what cannot be read weighs nothing."""
    found = []
    for part in text.split(",")[:MAX_RANGES]:
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            found.append((name, min(1.0, max(0.0, float(weight)))))
        except ValueError:
            found.append((name, 0.0))
    return found


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that holds a media type, 0 where none does (RFC 9110 12.5.1)."""
    for name in (media, "image/*", "*/*"):
        weights = [weight for found, weight in ranges if found == name]
        if weights:
            return max(weights)
    return 0.0
