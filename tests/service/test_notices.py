"""Notices: after commit, never after a rollback, and one listener's failure is its own."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from governance.services.notices import publish, subscribe, unsubscribe

heard: list[str] = []


def listen(payload: str) -> None:
    heard.append(payload)


def fail(payload: str) -> None:
    raise ValueError(payload)


@pytest.fixture(autouse=True)
def listeners() -> Iterator[None]:
    heard.clear()
    for function in (fail, listen, listen):
        subscribe("test", function)
    yield
    for function in (fail, listen):
        unsubscribe("test", function)


@pytest.mark.django_db(transaction=True)
def test_a_notice_waits_for_the_commit():
    with transaction.atomic():
        publish("test", "stored")
        assert heard == []
    assert heard == ["stored"]
    publish("test", "at once")
    publish("another topic", "unheard")
    assert heard == ["stored", "at once"]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_news():
    def roll_back() -> None:
        with transaction.atomic():
            publish("test", "never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        roll_back()
    assert heard == []
