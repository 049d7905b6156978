"""What the display chain needs to know of an image, read once from its header.

`image` holds the values, `reading` reads them; overlays, shutters and mask operations have a module each.
"""

from archive.core.description.image import EXPLICIT_BIG_ENDIAN, XA_XRF, ImageDescription, PixelKind, Rescale, VoiWindow
from archive.core.description.masks import MaskOperation, PixelShift
from archive.core.description.overlays import OverlayPlane
from archive.core.description.reading import describe_dataset, describe_image
from archive.core.description.shutters import Shutter

__all__ = [
    "EXPLICIT_BIG_ENDIAN",
    "XA_XRF",
    "ImageDescription",
    "MaskOperation",
    "OverlayPlane",
    "PixelKind",
    "PixelShift",
    "Rescale",
    "Shutter",
    "VoiWindow",
    "describe_dataset",
    "describe_image",
]
