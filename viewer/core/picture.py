"""A picture: encoded pixels with everything that may be said about them (rule S05)."""

from typing import NamedTuple

from viewer.core.applied import Applied
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import Codec, Fidelity


class Picture(NamedTuple):
    """One rendered frame.

    codec, quality: of `data`; quality 0 where it does not apply. width, height: encoded pixels; source_columns, source_rows:
        of the stored frame: a smaller picture is reduced.
    window_center, window_width: the window that was used, in modality units; NaN where there is none (colour, palette,
        VOI LUT).
    fidelity: LOSSLESS (these levels exactly), LOSSY (encoded here), STORED (the bytes as they were stored).
    source_lossy, source_ratio: the stored frame had lost something before; by which ratio, NaN if unknown.
    digest_kind, digest: what the 32 bytes are of; of levels row by row, RGB interleaved. Stored bytes have none here: it costs as
        much as they do, so viewer.services.stored_digests takes it where it is wanted.
    render_us, encode_us: read, decode and display chain; encoding.
    applied: what else was done to the image: subtraction, shutter, overlays, its colour profile.
    """

    data: bytes
    codec: Codec
    quality: int
    width: int
    height: int
    source_columns: int
    source_rows: int
    window_center: float
    window_width: float
    fidelity: Fidelity
    source_lossy: bool
    source_ratio: float
    inverted: bool
    digest_kind: DigestKind
    digest: bytes
    render_us: int
    encode_us: int
    applied: Applied = Applied.NOTHING

    @property
    def is_reduced(self) -> bool:
        return self.width < self.source_columns or self.height < self.source_rows
