"""The first own set-up of the README is carried out as it is written."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.tables import ROOT

RUN = re.compile(r"<!-- run -->\n```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PORTS = ("8080", "8474")
"""As the README has them; free ones take their places."""

SECONDS = 90
MARK = "=== block ==="


def blocks() -> list[str]:
    """Return the commands that a reader pastes, in their order."""
    return RUN.findall((ROOT / "README.md").read_text())


def free_port() -> str:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Run all blocks in one shell, in an empty folder, and return what each printed."""
    assert shutil.which("curl"), "the README's first set-up needs curl"
    script = "\n".join(f"echo; echo '{MARK}'\n{block}" for block in blocks())
    for port in PORTS:
        script = script.replace(port, free_port())
    with subprocess.Popen(  # noqa: S603 - no shell but the one that is meant
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's shell
        cwd=tmp_path_factory.mktemp("reader"),
        env=surroundings(),
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


def answers(outputs: list[str], heading: str) -> list[Any]:
    """Return the JSON that the block printed whose text holds a word."""
    number = next(number for number, block in enumerate(blocks()) if heading in block)
    return list(documents_in(outputs[number]))


def documents_in(text: str) -> Iterator[Any]:
    """Yield the JSON documents that follow each other in a text."""
    decoder, position = json.JSONDecoder(), 0
    while found := re.compile(r"\S").search(text, position):
        document, position = decoder.raw_decode(text, found.start())
        yield document


def test_every_block_was_carried_out(outputs: list[str]) -> None:
    assert len(outputs) == len(blocks()) > 10


def test_the_gateway_became_ready_and_knew_the_operator(outputs: list[str]) -> None:
    assert answers(outputs, "spe-gateway serve") == [{"status": "ok"}]
    assert answers(outputs, "token()")[0]["isOperator"]


def test_without_a_pin_the_certificate_was_shown(outputs: list[str]) -> None:
    number = next(n for n, block in enumerate(blocks()) if "PORT=$(field port" in block)
    (refused,) = documents_in(outputs[number])
    (made,) = documents_in(outputs[number + 1])

    assert refused["status"] == 422
    assert refused["errors"][0]["code"] == "PIN_NEEDED"
    assert made["certificate"]["pin"] in refused["detail"]


def test_the_instance_ran_and_its_store_was_verified(outputs: list[str]) -> None:
    (instance,) = answers(outputs, "tee instance.json")
    stores, accepted, done = answers(outputs, "tee operation.json")

    assert instance["status"] == "running"
    assert [store["name"] for store in stores["items"]] == ["2026"]
    assert accepted["status"] in {"queued", "running"}
    assert (done["status"], done["result"]["finished"]) == ("succeeded", True)


def test_the_other_reseller_saw_nothing_and_the_operator_everything(outputs: list[str]) -> None:
    others, foreign, all_of_them = answers(outputs, "consistency=live")

    assert others["items"] == []
    assert foreign["code"] == "NOT_FOUND"
    assert [item["instanceID"] for item in all_of_them["items"]] == ["acme"]


def test_the_command_line_reached_the_deployment(outputs: list[str]) -> None:
    (stores,) = answers(outputs, "spe-gateway invoke")

    assert stores["command"] == "GetStores"
    assert [store["name"] for store in stores["result"]] == ["2026"]


def test_the_operations_were_listed_and_watched(outputs: list[str]) -> None:
    number = next(n for n, block in enumerate(blocks()) if "operations watch" in block)
    listed, _, result = outputs[number].partition("\n{")

    assert "succeeded" in listed
    assert "VerifyStore" in listed
    assert '"finished": true' in result


@pytest.mark.parametrize("document", ["README.md", "docs/authentication.md"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"error": "invalid_client", "error_description": "Wrong."}', "Wrong."),
        ('{"code": "NOT_FOUND", "detail": "Not there."}', "Not there."),
        ('{"clientId": "x", "clientSecret": "y"}', "clientId, clientSecret"),
        ("", "nothing came"),
    ],
    ids=["wrong client", "problem", "something else", "nothing"],
)
def test_an_answer_without_the_member_is_said_in_one_line(
    document: str, answer: str, words: str
) -> None:
    text = (ROOT / document).read_text()
    helper = re.search(r"^field\(\) \{.*?^\}$", text, re.DOTALL | re.MULTILINE)
    assert helper
    script = f"{helper[0]}\nfield access_token"
    said = subprocess.run(  # noqa: S603 - our own helper, for the reader's shell
        ["bash", "-c", script],  # noqa: S607 - the reader's shell
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == f"There is no access_token: {words}\n"
