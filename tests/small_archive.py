"""The small demo archive, drawn once a test process and shared by all tests that look at it."""

from functools import cache

from demo.catalogue import Part, parts


@cache
def small_archive() -> tuple[tuple[Part, tuple[bytes, ...]], ...]:
    """Return each part with the Part 10 files it draws."""
    return tuple((part, tuple(part.draw(lambda share: None))) for part in parts(small=True))
