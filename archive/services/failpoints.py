"""Named points at which a test may end the process, to prove that intake survives it (rule S14).

VIEWBOX_FAILPOINT=name:kill ends this process with SIGKILL when it passes that point, name:kill:3 when it passes it for the third time;
name:raise raises instead. The points, in order:
- spool: the bytes are written to the spool, not yet synced
- fsync: the spooled file is synced, not yet in the store
- rename: the object is in the store under its hash, its folder not yet synced
- transaction: the rows are written, not yet committed
Unset, as always in production, a point costs one comparison.
"""

import os
import signal
from itertools import count

from django.conf import settings

NAMES = ("spool", "fsync", "rename", "transaction")

_name, _action, _passing, *_ = [*str(settings.FAILPOINT).split(":"), "", ""]
_passed = count(1)


class FailpointReached(Exception):
    """Raised at the chosen point by the action "raise"."""


def reach(name: str) -> None:
    """Do what VIEWBOX_FAILPOINT asks for at this point; nothing unless it names it."""
    if name != _name or next(_passed) < int(_passing or 1):
        return
    if _action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointReached(name)
