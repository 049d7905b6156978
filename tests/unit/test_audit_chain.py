"""The hash chain: literal digests, and the first break wherever something was done to it."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.audit_chain import GENESIS, Break, Link, Sealed, canonical_json, digest, first_break

MOMENT = "2026-11-24T04:41:00.000000+00:00"


def chain(length: int) -> list[Sealed]:
    entries, previous = [], GENESIS
    for index in range(1, length + 1):
        link = Link(index, MOMENT, "alice", "study opened", "success", f"1.2.{index}", "")
        entries.append(Sealed(link, previous, digest(previous, link)))
        previous = entries[-1].sha256
    return entries


def found(entries: list[Sealed], whole: list[Sealed]) -> Break | None:
    return first_break(entries, last_index=len(whole), last_sha256=whole[-1].sha256)


def test_an_entry_is_hashed_over_the_one_before_and_its_canonical_json():
    text = '[1,"2026-11-24T04:41:00.000000+00:00","ålice","study opened","success","1.2.3","{\\"frames\\":2}"]'
    link = Link(1, MOMENT, "ålice", "study opened", "success", "1.2.3", canonical_json({"frames": 2}))
    assert digest(GENESIS, link) == hashlib.sha256(bytes(32) + text.encode()).hexdigest()


def test_canonical_json_is_one_text_for_one_value():
    assert canonical_json({"b": 1, "a": ["x", True, None]}) == '{"a":["x",true,null],"b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_an_untouched_chain_holds():
    whole = chain(5)
    assert found(whole, whole) is None
    assert first_break([], last_index=0, last_sha256=GENESIS) is None


@given(length=st.integers(2, 12), data=st.data())
def test_a_changed_field_is_found_at_its_entry(length: int, data: st.DataObject):
    whole = chain(length)
    place = data.draw(st.integers(0, length - 1))
    field = data.draw(st.sampled_from(["recorded_at", "actor", "action", "outcome", "study_instance_uid", "detail"]))
    changed = list(whole)
    link = replace(whole[place].link, **{field: "x"})  # type: ignore[arg-type]  # index is not among them
    changed[place] = replace(whole[place], link=link)
    assert found(changed, whole) == Break(place + 1, "changed after it was written")


@given(length=st.integers(2, 12), data=st.data())
def test_a_removed_entry_is_named(length: int, data: st.DataObject):
    whole = chain(length)
    place = data.draw(st.integers(0, length - 1))
    broken = found(whole[:place] + whole[place + 1 :], whole)
    assert broken is not None
    assert broken.index == place + 1
    assert "missing" in broken.reason


def test_a_rewritten_tail_is_found_by_the_head():
    whole, other = chain(4), chain(3)
    link = replace(whole[3].link, actor="mallory")
    forged = [*other, Sealed(link, other[2].sha256, digest(other[2].sha256, link))]
    assert found(forged, whole) == Break(4, "is not the entry that was written last")


def test_swapped_entries_are_found():
    whole = chain(4)
    first, second = whole[1], whole[2]
    swapped = [whole[0], replace(second, link=replace(second.link, index=2)), replace(first, link=replace(first.link, index=3)), whole[3]]
    broken = found(swapped, whole)
    assert broken is not None
    assert broken.index == 2


def test_entries_that_the_head_does_not_know_are_found():
    whole = chain(4)
    assert first_break(whole, last_index=3, last_sha256=whole[2].sha256) == Break(4, "is not the entry that was written last")
