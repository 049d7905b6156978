"""Person names as people read them (PS3.5 6.2: family, given, middle, prefix and suffix, in up to three representations)."""


def name_words(person_name: str) -> str:
    """Return "Family, Given Middle" of the first representation that has letters; "" when none has."""
    for group in person_name.split("="):
        family, given, middle, prefix, suffix = (part.strip() for part in (group.split("^") + [""] * 5)[:5])
        first = " ".join(part for part in (prefix, given, middle) if part)
        words = ", ".join(part for part in (family, first, suffix) if part)
        if words:
            return words
    return ""
