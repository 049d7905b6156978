"""News upward, in process: what happened below is told to who subscribed above, once it is committed.

Governance and the archive publish; viewer/apps.py subscribes. A notice is lost with its process: it hurries things that are also polled.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import transaction

log = logging.getLogger("viewbox.notices")

Listener = Callable[[Any], None]

_listeners: dict[str, list[Listener]] = defaultdict(list)


def subscribe(topic: str, function: Listener) -> None:
    """Call function(payload) for each notice of this topic, on the thread that committed. Subscribing twice counts once."""
    if function not in _listeners[topic]:
        _listeners[topic].append(function)


def unsubscribe(topic: str, function: Listener) -> None:
    """Stop calling function; nothing happens if it was not subscribed."""
    if function in _listeners[topic]:
        _listeners[topic].remove(function)


def publish(topic: str, payload: Any) -> None:
    """Tell subscribers after the current transaction commits; at once when there is none; never when it rolls back."""
    transaction.on_commit(lambda: _deliver(topic, payload))


def _deliver(topic: str, payload: Any) -> None:
    for function in list(_listeners[topic]):
        try:
            function(payload)
        except Exception:  # one listener's failure is not the publisher's, nor the next one's
            log.exception("a listener of %s failed", topic)
