"""The view state: the full description of one picture, canonical and hashable (DESIGN.md section 4)."""

import hashlib
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Literal

import orjson

from archive.core.uids import is_valid_uid
from governance.core.faults import Malformed

CodecChoice = Literal["auto", "jpeg", "png", "stored", "values"]
VOI_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
MAX_VOI = 255
# Fields that came after the first pictures were named by this form: they are in it only where they are not as they were then.
_LATER_FIELDS = (("overlays", True), ("shutter", True), ("subtraction", None), ("icc", True), ("voi", None), ("presentation", None))


@dataclass(frozen=True, slots=True)
class ViewState:
    """How a frame is to be shown.

    window: (center, width) in modality units, or None for the image's own first window, else its full range.
    voi_function: "LINEAR", "LINEAR_EXACT" or "SIGMOID" (PS3.3 C.11.2.1.2); "" is the image's own.
    invert: exchange black and white, on top of MONOCHROME1.
    max_columns, max_rows: the picture is reduced to fit, never enlarged; 0 is native.
    codec: "auto" is lossless (stored bytes where they are the truth, else PNG); "stored" the same; "jpeg" always encodes;
        "values" is the stored values, of which the client makes the levels (viewer.core.local_levels).
    quality: of JPEG, 1 to 100.
    overlays, shutter, icc: draw overlay planes; hide what the shutter hides; take colours through the image's ICC profile.
    subtraction: subtract the mask of an angiogram, or not; None is as the image recommends.
    voi: which of the image's own windows, then VOI LUTs, is used where `window` is None, from 0; None is the first.
    presentation: SOP Instance UID of the presentation state it is shown by, or None; `window` and `invert` come on top of it.
    """

    window: tuple[float, float] | None = None
    voi_function: str = ""
    invert: bool = False
    max_columns: int = 0
    max_rows: int = 0
    codec: CodecChoice = "auto"
    quality: int = 80
    overlays: bool = True
    shutter: bool = True
    subtraction: bool | None = None
    icc: bool = True
    voi: int | None = None
    presentation: str | None = None
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Return the hash, taken once: a view is looked up half a dozen times on a picture's way."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash(_fields(self)) or 1)
        return self._hash

    def __post_init__(self) -> None:
        if self.voi_function and self.voi_function not in VOI_FUNCTIONS:
            raise Malformed("VOI LUT Function must be LINEAR, LINEAR_EXACT or SIGMOID")
        if self.window is not None and not (abs(self.window[0]) < 1e30 and 0 < self.window[1] < 1e30):
            raise Malformed("Window Center must be finite and Window Width above 0")
        if self.window is not None and self.voi_function == "LINEAR" and self.window[1] < 1:
            raise Malformed("Window Width must be at least 1 for LINEAR")
        if self.max_columns < 0 or self.max_rows < 0:
            raise Malformed("a size cannot be negative")
        if self.codec not in ("auto", "jpeg", "png", "stored", "values") or not 1 <= self.quality <= 100:
            raise Malformed("unknown codec, or a quality outside 1 to 100")
        if self.voi is not None and not 0 <= self.voi <= MAX_VOI:
            raise Malformed("no such window or VOI LUT")
        if self.presentation is not None and not is_valid_uid(self.presentation):
            raise Malformed("a presentation state is named by its SOP Instance UID")

    @property
    def _is_as_before(self) -> bool:
        return self.overlays and self.shutter and self.icc and self.subtraction is None and self.voi is None and self.presentation is None

    def canonical(self) -> bytes:
        """Return the state as JSON with sorted keys and numbers in one form: equal states give equal bytes."""
        window = [float(self.window[0]), float(self.window[1])] if self.window is not None else None
        document: dict[str, object] = {
            "codec": self.codec,
            "invert": self.invert,
            "quality": self.quality if self.codec == "jpeg" else 0,
            "size": [self.max_columns, self.max_rows],
            "voi_function": self.voi_function,
            "window": window,
        }
        if not self._is_as_before:
            document |= {name: value for name, default in _LATER_FIELDS if (value := getattr(self, name)) != default}
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)

    def digest(self, sop_instance_uid: str, frame_number: int) -> bytes:
        """Return the 16 bytes that name this picture: of this frame (from 1) of this instance, in this state."""
        identity = f"{sop_instance_uid}\n{frame_number}\n".encode("ascii")
        return hashlib.sha256(identity + self.canonical()).digest()[:16]


_fields = attrgetter(*(each.name for each in fields(ViewState) if each.compare))
