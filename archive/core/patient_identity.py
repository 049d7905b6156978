"""Are two descriptions of a patient the same person? (rule S12)

Patient ID and issuer name a patient; name, birth date and sex must not contradict. What one side leaves empty contradicts nothing;
a name without a letter, such as "?", is empty.
"""

import unicodedata
from dataclasses import dataclass

from archive.core.dataset import MAX_NAME, Identity, kept_apart


@dataclass(frozen=True, slots=True)
class Demographics:
    """What a person is recognised by beside the identifier."""

    name: str
    birth_date: str
    sex: str


def demographics_of(identity: Identity) -> Demographics:
    return Demographics(identity.patient_name, identity.patient_birth_date, identity.patient_sex)


def fold_name(name: str) -> str:
    """Return a person name for search: NFKC, lower case, single spaces; its ^ and = stay (column patient_name_folded)."""
    return kept_apart(_folded(name), MAX_NAME)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _comparable_groups(name: str) -> list[str]:
    """Return the name's representations (alphabetic, ideographic, phonetic; PS3.5 6.2.1) with only letters between blanks."""
    groups = []
    for group in _folded(name).split("="):
        words = "".join(letter if _is_of_a_word(letter) else " " for letter in group).split()
        groups.append(" ".join(words))
    return groups


def _is_of_a_word(letter: str) -> bool:
    """Marks are the vowels of Indic scripts and Thai: names may differ in nothing else. So may what could not be decoded (U+FFFD)."""
    return letter.isalnum() or letter == "\ufffd" or unicodedata.category(letter).startswith("M")


def says_nothing(name: str) -> bool:
    """Say whether a name is empty, or has no letter: blanks, ^, and the ? of what a sender could not write."""
    return not any(_comparable_groups(name))


def names_agree(left: str, right: str) -> bool:
    """Say whether two names don't contradict: every representation that both have is equal, or they share none because one is empty.

    Case, punctuation, and the marks between components ("Doe^Jane", "DOE, JANE") don't count; order and spelling do.
    """
    pairs = [(a, b) for a, b in zip(_comparable_groups(left), _comparable_groups(right), strict=False) if a and b]
    if not pairs:
        return says_nothing(left) or says_nothing(right)
    return all(a == b for a, b in pairs)


def agree(left: Demographics, right: Demographics) -> bool:
    """Say whether name, birth date and sex don't contradict; an empty one, and sex "U", contradict nothing."""
    dates_agree = not left.birth_date or not right.birth_date or left.birth_date == right.birth_date
    sexes = {left.sex[:1], right.sex[:1]} - {"", "U"}
    return dates_agree and len(sexes) <= 1 and names_agree(left.name, right.name)
