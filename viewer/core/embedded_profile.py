"""Put the ICC profile of a colour picture's levels, which are sRGB, into its JPEG or PNG (PS3.18 8.3.5.1, iccprofile)."""

import struct
import zlib
from functools import lru_cache

from PIL import ImageCms

from viewer.core.picture_header import Codec

_PNG_BEFORE = 33  # signature and IHDR
_PNG_RGB = 2


def with_srgb_profile(data: bytes, codec: Codec) -> bytes:
    """Return an encoded picture of encode_jpeg or encode_png with the sRGB profile in it; a grey one as it is, since it has no colours."""
    return _jpeg(data) if codec is Codec.JPEG else _png(data)


def _jpeg(data: bytes) -> bytes:
    """ICC.1 Annex B.4: APP2 "ICC_PROFILE", here in one piece, behind the JFIF segment."""
    if data[2:4] != b"\xff\xe0" or not _has_colour(data):
        return data
    after = 4 + int.from_bytes(data[4:6])
    body = b"ICC_PROFILE\0\x01\x01" + srgb_profile()
    return data[:after] + b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body + data[after:]


def _has_colour(data: bytes) -> bool:
    frame = data.find(b"\xff\xc0")
    return frame > 0 and data[frame + 9] == 3


def _png(data: bytes) -> bytes:
    """ISO 15948 11.3.3.3: chunk iCCP, before the pixels."""
    if data[25] != _PNG_RGB:
        return data
    body = b"iCCPsRGB\0\0" + zlib.compress(srgb_profile(), 6)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:_PNG_BEFORE] + chunk + data[_PNG_BEFORE:]


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an sRGB profile."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
