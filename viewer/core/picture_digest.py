"""The digest that a picture's header carries: how whoever gets the picture can tell that it is the right one (rule S05)."""

from enum import IntEnum

NO_DIGEST = bytes(32)


class DigestKind(IntEnum):
    """What the 32 bytes are of."""

    NONE = 0
    LEVELS_SHA256 = 1  # SHA-256 of the levels that a decoder of the payload returns
    LEVELS_XXH3 = 2  # XXH3 (64 bits) of the levels before lossy encoding: 8 bytes, most significant first, then zeros
    PAYLOAD_SHA256 = 3  # SHA-256 of the payload, which are the stored bytes passed through, or values


DIGEST_BYTES = {DigestKind.NONE: 0, DigestKind.LEVELS_SHA256: 32, DigestKind.LEVELS_XXH3: 8, DigestKind.PAYLOAD_SHA256: 32}
