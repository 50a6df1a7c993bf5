"""The lines of the runbooks are carried out as they are written, and print what they say."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.behind import Console
from tests.docs.reader import end
from tests.docs.stage import Stage, staged
from tests.docs.tables import ROOT

FOLDER = ROOT / "docs/runbooks"
PLAYED = re.compile(
    r"<!-- run -->\n```bash\n(.*?)^```$\n+```text\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
MARK = "=== block ==="
SECONDS = 60

OPAQUE = re.compile(r"\b(op|ins|dep|cli|res)_[0-9a-f]{32}")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ELSEWHERE = re.compile(r"(?m)^ *… *$")


def after_a_restart_of_the_server(stage: Stage) -> str:
    operation = stage.begin_verifying()
    stage.control.restart()
    assert stage.ask("GET", f"/operations/{operation}", Prefer="wait=30")["status"] == "unknown"
    return operation


def while_the_server_hangs(stage: Stage) -> str:
    return stage.begin_verifying()


def without_the_server(stage: Stage) -> str:
    operation = stage.begin_verifying()
    stage.simulator.stop()
    return operation


def without_the_gateway(stage: Stage) -> str:
    operation = stage.begin_verifying()
    stage.gateway.process.terminate()
    stage.gateway.status()
    stage.control.resume()
    return operation


def with_an_instance_of_nobodys(stage: Stage) -> str:
    """Make an instance past the gateway, and remove one of a reseller's, of which it is."""
    owner = stage.ask("POST", "/resellers", {"name": "Globex"})["id"]
    stage.known.update(DEPLOYMENT=stage.deployment, RESELLER=owner)
    lost = {"instanceID": "initech", "displayName": "Initech", "reseller": owner, "start": False}
    stage.known["INSTANCE"] = stage.ask("POST", "/instances", lost, Prefer="wait=20")["id"]
    console = Console(stage.simulator)
    console.delete("initech")
    console.create("globex")
    return ""


def with_another_certificate(stage: Stage) -> str:
    stage.simulator.exchange_certificate()
    stage.control.enter("up")
    said = stage.simulator.announcement()
    folder = Path(stage.known["SPE_GATEWAY_HOME"]).parent
    for name, value in {"thumbprint": said["thumbprint"], "password": said["password"]}.items():
        (folder / name).write_text(f"{value}\n")
    path = f"/deployments/{stage.deployment}/health"
    assert stage.ask("GET", path)["problem"] == "CERTIFICATE_PIN_MISMATCH"
    return ""


SCENES: dict[str, Callable[[Stage], str]] = {
    "unknown-operation.md": after_a_restart_of_the_server,
    "hanging-cancellation.md": while_the_server_hangs,
    "deployment-down.md": without_the_server,
    "worker-gone.md": without_the_gateway,
    "certificate-changed.md": with_another_certificate,
    "adopting-instances.md": with_an_instance_of_nobodys,
}
"""What has happened when somebody opens a runbook; the operation that it is about."""


@pytest.mark.parametrize("name", SCENES)
def test_a_runbook_prints_what_it_says(name: str, tmp_path: Path) -> None:
    blocks = PLAYED.findall((FOLDER / name).read_text())
    with staged(tmp_path) as stage:
        printed = play([commands for commands, _ in blocks], stage, SCENES[name](stage), tmp_path)

    assert len(printed) == len(blocks) > 1
    for said, (commands, expected) in zip(printed, blocks, strict=True):
        assert re.fullmatch(pattern_of(expected), alike(said)), f"{commands}\n{said}"


def play(blocks: list[str], stage: Stage, operation: str, folder: Path) -> list[str]:
    """Run blocks in one shell as somebody who knows what the runbook asks for."""
    script = "\n".join(f"echo '{MARK}'\n{block}" for block in blocks)
    port = urlsplit(stage.known["SPE_GATEWAY_URL"]).port
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = {"PATH": tools, "NO_PROXY": "127.0.0.1", "OPERATION": operation, **stage.known}
    output = folder / "output.txt"
    with output.open("w") as file:
        shell = subprocess.Popen(  # noqa: S603 - no shell but the one that is meant
            ["bash", "-euo", "pipefail", "-c", script.replace("8080", str(port))],  # noqa: S607 - the reader's shell
            cwd=folder,
            env=known,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            status = shell.wait(SECONDS)
        finally:
            end(shell.pid)
    said = output.read_text()
    assert status == 0, said
    return said.split(f"{MARK}\n")[1:]


def alike(text: str) -> str:
    """Return a text without what differs each time: ids, times, ports and the width of columns."""
    text = OPAQUE.sub(r"\1_", TIME.sub("TIME", text))
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", text)
    return re.sub(r" {2,}", "  ", text).strip()


def pattern_of(expected: str) -> str:
    """Return what matches the same; a line with an ellipsis stands for any lines."""
    parts = ELSEWHERE.split(alike(expected))
    return r"(?s:.*)".join(re.escape(part) for part in parts)
