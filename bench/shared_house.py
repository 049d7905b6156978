"""The people and the shared view that a bench needs: made through manage.py and HTTP, as an administrator and a page would."""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NUMBER_OF_INSTANCES = "00201209"


@dataclass(frozen=True)
class Stack:
    """A series that can hang."""

    study: str
    series: str
    instances: int

    def pane(self) -> dict[str, Any]:
        """Return the pane that shows it, without a view yet."""
        return {"study": self.study, "series": self.series, "stack": None, "view": None}


def manage(*arguments: str) -> list[str]:
    """Run a management command on the archive that the environment names; return the lines it printed."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()


def tokens_of_people(names: list[str], departments: list[str]) -> dict[str, str]:
    """Make radiologists who may see the departments, or bring them to that; return a fresh bearer token for each."""
    chosen = [word for department in departments for word in ("--department", department)]
    manage("create_user", *names, "--role", "radiologist", "--no-password", *chosen)
    return dict(zip(names, manage("create_token", *names)[-len(names) :], strict=True))


class House:
    """One server's HTTP side, spoken to by one person."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self._token = url.rstrip("/"), token

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the JSON that a request is answered with, None where there is none. Raises: urllib.error.HTTPError."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - the address is the operator's
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            text = answer.read()
        return json.loads(text) if text else None

    def stacks(self) -> list[Stack]:
        """Return the CT series of more than one image, the largest first."""
        found = self.ask("GET", f"/dicomweb/series?Modality=CT&includefield={NUMBER_OF_INSTANCES}")
        every = [
            Stack(one["0020000D"]["Value"][0], one["0020000E"]["Value"][0], int(one[NUMBER_OF_INSTANCES]["Value"][0])) for one in found
        ]
        stacks = sorted((stack for stack in every if stack.instances > 1), key=lambda stack: -stack.instances)
        if not stacks:
            raise SystemExit("the server shows no CT series to the bench's people; load_demo draws one")
        return stacks

    def open_shared_view(self, stack: Stack) -> str:
        """Open a shared view of a stack; return its key."""
        answer = self.ask("POST", "/api/shared-views", {"study_instance_uid": stack.study, "panes": [stack.pane()]})
        return str(answer["key"])

    def invite(self, key: str, names: list[str]) -> None:
        """Invite people by name."""
        self.ask("POST", f"/api/shared-views/{key}/people", {"usernames": names})

    def end(self, key: str) -> None:
        """End a shared view."""
        self.ask("POST", f"/api/shared-views/{key}/end", {})


def archive() -> str:
    """Say which archive the environment names."""
    return os.environ.get("DATABASE_URL", "").split("@")[-1] or os.environ.get("VIEWBOX_DATA_DIR", "the default data folder")
