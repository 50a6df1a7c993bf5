"""The first own set-up of the README is carried out as it is written."""

import re
import subprocess
from typing import Any

import pytest

from tests.docs.reader import blocks, carried_out, documents_in
from tests.docs.tables import ROOT

PAGE = "README.md"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Run all blocks in one shell, in an empty folder, and return what each printed."""
    return carried_out(PAGE, tmp_path_factory.mktemp("reader"))


def answers(outputs: list[str], heading: str) -> list[Any]:
    """Return the JSON that the block printed whose text holds a word."""
    number = next(number for number, block in enumerate(blocks(PAGE)) if heading in block)
    return list(documents_in(outputs[number]))


def test_every_block_was_carried_out(outputs: list[str]) -> None:
    assert len(outputs) == len(blocks(PAGE)) > 10


def test_the_gateway_became_ready_and_knew_the_operator(outputs: list[str]) -> None:
    assert answers(outputs, "spe-gateway serve") == [{"status": "ok"}]
    assert answers(outputs, "token()")[0]["isOperator"]


def test_without_a_pin_the_certificate_was_shown(outputs: list[str]) -> None:
    number = next(n for n, block in enumerate(blocks(PAGE)) if "PORT=$(field port" in block)
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
    number = next(n for n, block in enumerate(blocks(PAGE)) if "operations watch" in block)
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
