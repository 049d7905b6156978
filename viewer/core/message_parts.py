"""A message of the stream in two buffers: a header of its own ahead of bytes that many share and nobody copies."""

from typing import TypeAlias


class MessageParts:
    """header, then body. Its length is that of both, in bytes."""

    __slots__ = ("body", "header")

    def __init__(self, header: bytes | bytearray, body: memoryview) -> None:
        self.header = header
        self.body = body

    def __len__(self) -> int:
        return len(self.header) + len(self.body)

    def __bytes__(self) -> bytes:
        return b"".join((self.header, self.body))


Message: TypeAlias = bytes | MessageParts
