"""S12: who is the same person, by name, birth date and sex."""

import pytest

from archive.core.patient_identity import Demographics, agree, fold_name, names_agree

SAM = Demographics("Doe^Sam", "19700101", "M")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Doe^Sam", "DOE^SAM^^^", True),
        ("Doe^Sam", "Doe, Sam", True),
        ("Doe^Sam", "Doe  Sam", True),
        ("Doe^Sam", "", True),
        ("Doe^Sam", "Sam^Doe", False),
        ("Doe^Sam", "Doe^Samuel", False),
        ("Doe^Sam", "?", True),
        ("Doe^Sam", "??^??", True),
        ("Doe^Sam", " ^? ", True),
        ("Doe^Sam", "Doe^?", False),
        ("Doe^Sam" + "m" * 330, "Doe^Sam" + "m" * 331, False),
        ("\ufdfa" * 20 + "a", "\ufdfa" * 20 + "b", False),  # one letter that folds to eighteen
        ("Yamada^Tarou", "Yamada^Tarou=山田^太郎", True),
        ("Yamada^Tarou=山田^太郎", "Yamada^Tarou=山田^太朗", False),
        ("=山田^太郎", "山田^太郎", False),
        ("Müller^Eva", "MÜLLER^EVA", True),
        ("Ａｎｎ^Lee", "Ann^Lee", True),
        ("Mu\u0308ller^Eva", "Müller^Eva", True),
        ("राम^सीता", "राम^सीता", True),
        ("राम^सीता", "रोम^सीता", False),  # the vowel alone differs, a combining mark
        ("กี่^ดี", "ก่^ดี", False),
        ("M\ufffdller^Eva", "M ller^Eva", False),
    ],
)
def test_S12_names(left, right, expected):
    assert names_agree(left, right) is expected
    assert names_agree(right, left) is expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Demographics("", "", ""), True),
        (Demographics("Doe^Sam", "", "M"), True),
        (Demographics("Doe^Sam", "19700102", "M"), False),
        (Demographics("Doe^Sam", "19700101", "F"), False),
        (Demographics("Doe^Sam", "19700101", "O"), False),
        (Demographics("Roe^Sam", "19700101", "M"), False),
    ],
)
def test_S12_an_empty_attribute_contradicts_nothing_another_does(other, expected):
    assert agree(SAM, other) is expected
    assert agree(other, SAM) is expected


def test_folded_names_keep_their_components():
    assert fold_name("  Müller^EVA  Maria ") == "müller^eva maria"
