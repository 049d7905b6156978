"""The words of the search box."""

import pytest

from archive.core.search_words import words_of


@pytest.mark.parametrize(
    ("texts", "identifiers", "words"),
    [
        (["Doe^Jane Mary"], ["AB-1"], ["ab-1", "doe", "jane", "mary"]),
        (["Smith-Doe^Ann"], [], ["ann", "doe", "smith", "smith-doe"]),
        (["CT Chest/Abdomen, 1.5 mm"], [], ["1", "1.5", "5", "abdomen", "chest", "chest/abdomen,", "ct", "mm"]),
        (["Yamada^Tarou=山田^太郎"], [], ["tarou", "yamada", "太郎", "山田"]),
        (["Straße", "STRASSE"], [], ["strasse"]),
        (["O'Neil^Ｊｏ"], [], ["jo", "neil", "o", "o'neil"]),
        (["", "^^"], [""], []),
        ([], ["x" * 70], ["x" * 64]),
    ],
)
def test_words(texts, identifiers, words):
    assert words_of(texts=texts, identifiers=identifiers) == words
