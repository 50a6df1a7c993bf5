"""A reader who pastes every marked block of a page into one shell, in an empty folder."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.docs.tables import ROOT

RUN = re.compile(r"<!-- run -->\n```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PORTS = ("8080", "8081", "8474")
"""As the pages have them; free ones take their places."""

SECONDS = 110
MARK = "=== block ==="
CLEAR = "trap 'kill $(jobs -p) 2>&- || true' EXIT\n"
"""So that a shell that fails leaves nothing behind which holds its outputs open."""


def blocks(page: str) -> list[str]:
    """Return the commands that a reader pastes, in their order.

    Args:
        page: its path in the repository.
    """
    return RUN.findall((ROOT / page).read_text())


def carried_out(
    page: str,
    folder: Path,
    *,
    places: Mapping[str, str] = MappingProxyType({}),
    known: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Run all blocks of a page, and return what each printed.

    Args:
        page: its path in the repository.
        folder: an empty one.
        places: what stands for the page's examples, by what the page says.
        known: further variables of the reader's shell.
    """
    assert shutil.which("curl"), "the page needs curl"
    script = CLEAR + "\n".join(f"echo; echo '{MARK}'\n{block}" for block in blocks(page))
    for example, place in ({port: _free_port() for port in PORTS} | dict(places)).items():
        script = script.replace(example, place)
    with subprocess.Popen(  # noqa: S603 - no shell but the one that is meant
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's shell
        cwd=folder,
        env=surroundings() | dict(known),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            said, complained = shell.communicate(timeout=SECONDS)
        finally:
            end(shell.pid)
    assert shell.returncode == 0, complained + said
    return said.split(MARK)[1:]


def _free_port() -> str:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def surroundings() -> dict[str, str]:
    """Return an environment with our program on the path and none of our settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPE_GATEWAY")}
    folder = Path(sys.executable).parent
    return kept | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "NO_PROXY": "127.0.0.1"}


def end(group: int) -> None:
    """End what the shell may have left behind."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def documents_in(text: str) -> Iterator[Any]:
    """Yield the JSON documents that follow each other in a text."""
    decoder, position = json.JSONDecoder(), 0
    while found := re.compile(r"\S").search(text, position):
        document, position = decoder.raw_decode(text, found.start())
        yield document
