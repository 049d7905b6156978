"""The colour of a header: palettes and ICC profiles (PS3.3 C.7.6.3.1.5, C.7.6.19, C.7.9, C.8.12.5, C.11.15)."""

from pydicom.dataset import Dataset

from archive.core.colour_profile import ColourProfile, colour_profile
from archive.core.description.values import first, items, word
from archive.core.lookup_table import LookupTable, read_table


def read_palette(ds: Dataset, *, is_signed: bool, big_endian: bool) -> tuple[LookupTable, LookupTable, LookupTable] | None:
    """Return the red, green and blue tables, or None without all three. Raises: Malformed."""
    tables = []
    for colour in ("Red", "Green", "Blue"):
        table = None
        for prefix, is_segmented in (("", False), ("Segmented", True)):
            table = table or read_table(
                ds,
                descriptor=f"{colour}PaletteColorLookupTableDescriptor",
                data=f"{prefix}{colour}PaletteColorLookupTableData",
                signed_input=is_signed,
                big_endian=big_endian,
                is_segmented=is_segmented,
            )
        if table is None:
            return None
        tables.append(table)
    return tables[0], tables[1], tables[2]


def shows_palette(ds: Dataset, shared: Dataset | None) -> bool:
    """Say whether a grey image's palette is meant for display: Pixel Presentation is COLOR or MIXED (PS3.3 C.8.16.2.1.1.1)."""
    holders = [ds, *(first(shared, element.keyword) for element in shared or () if element.VR == "SQ")]
    return any(word(holder, "PixelPresentation") in ("COLOR", "MIXED") for holder in holders)


def read_colour_profile(ds: Dataset, shared: Dataset | None) -> ColourProfile | None:
    """Return the ICC profile of the image itself, else of its optical path: the one that is named, else the first that has one."""
    data = ds.get("ICCProfile")
    if not data:
        named = word(first(shared, "OpticalPathIdentificationSequence"), "OpticalPathIdentifier")
        paths = sorted(items(ds, "OpticalPathSequence"), key=lambda path: word(path, "OpticalPathIdentifier") != named)
        data = next((path.ICCProfile for path in paths if path.get("ICCProfile")), None)
    return colour_profile(bytes(data)) if isinstance(data, bytes | bytearray) else None
