"""Debian's Orthanc with its DICOMweb and GDCM plugins, as a process of its own on loopback, in a folder that goes away.

Only compared with: `scripts/install_bench_peers` installs it, and wrk, which asks both; without them the rows say so.
"""

import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.rows import wait_for_port
from tests.server import free_port

PLUGINS = Path("/usr/share/orthanc/plugins")
NEEDED = ("libOrthancDicomWeb.so", "libOrthancGdcm.so")


def is_installed() -> bool:
    """Say whether there is something to compare with."""
    programs = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin"), shutil.which("wrk")
    return None not in programs and all((PLUGINS / name).exists() for name in NEEDED)


def configuration(folder: Path, port: int) -> dict[str, object]:
    """Return Orthanc's settings: its defaults, except that it serves DICOMweb to this machine alone and stores in the folder."""
    return {
        "Name": "bench",
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "KeepAlive": True,
        "TcpNoDelay": True,
        "SaveJobs": False,
        "Plugins": [str(PLUGINS / name) for name in NEEDED],
        "DicomWeb": {"Enable": True, "Root": "/dicomweb/"},
    }


@contextmanager
def orthanc(objects: Path) -> Iterator[str]:
    """Run Orthanc with the objects below a folder; yield its URL."""
    port = free_port()
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin") or "Orthanc"
    with tempfile.TemporaryDirectory(prefix="viewbox-orthanc-") as name:
        folder = Path(name)
        settings = folder / "orthanc.json"
        settings.write_text(json.dumps(configuration(folder / "data", port)))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([program, str(settings)], stdout=log, stderr=log)
            try:
                wait_for_port(port, process)
                for path in sorted(objects.rglob("*.dcm")):
                    request = urllib.request.Request(f"http://127.0.0.1:{port}/instances", path.read_bytes(), method="POST")
                    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310 - loopback
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(30)
