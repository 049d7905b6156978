"""The words under which a person looks for a patient or a study in the search box."""

import re
from collections.abc import Iterable

from archive.core.patient_identity import fold_name

MAX_WORD_LENGTH = 64
MAX_WORDS = 64  # of one patient or study


def words_of(*, texts: Iterable[str] = (), identifiers: Iterable[str] = ()) -> list[str]:
    """Return the folded words of names and descriptions, and identifiers as they are but folded; each once, sorted.

    A part between blanks (or PN's ^ and =) counts whole and by its pieces: "Smith-Doe" is found as "smith-doe", "smith" and "doe".
    """
    found = {folded for identifier in identifiers if (folded := fold_name(identifier))}
    for text in texts:
        for part in re.split(r"[\s^=]+", fold_name(text)):
            found.add(part)
            found.update(re.split(r"[\W_]+", part))
    return sorted({word[:MAX_WORD_LENGTH] for word in found if word})[:MAX_WORDS]
