"""What was done to a picture beyond its window, as the bits that its header carries."""

from enum import IntFlag


class Applied(IntFlag):
    """Bits 2 and above of a picture header's flags (docs/stream.md; viewer.core.picture_header has bits 0 and 1)."""

    NOTHING = 0
    COLOUR_MANAGED = 4  # colours were taken through the image's ICC profile to sRGB
    OVERLAYS = 8  # overlay planes are burnt in
    SHUTTER = 16  # a shutter hides part of the image
    SUBTRACTED = 32  # a mask was subtracted: values are differences
    PRESENTED = 128  # a presentation state is applied
    PROFILE_NOT_USED = 64  # there is an ICC profile, and colours are as stored
    PALETTE_MISSING = 256  # the image says that it shows colours, and has none: it is grey
