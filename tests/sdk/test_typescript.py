"""The TypeScript SDK does the main job, straight and on a bad day; its own tests pass."""

import json
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from gateway.events.signing import headers, new_secret
from gateway.settings import child_environment
from openapi.sdk.commands import run
from openapi.sdk.contract import operations
from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.job import STEPS, prove
from openapi.sdk.language import ROOT, Missing
from openapi.sdk.typescript import language
from openapi.sdk.typescript.language import SOURCES, TypeScript
from openapi.sdk.world import World

LEAST_TESTS = 50
EVENTS = (
    '{"id":"evt_0","type":"instance.created"}',
    '{"id":"evt_1","data":{"text":"Ärger mit Grüßen, 邮件"}}',
    "{}",
)
METHODS = """
import { Gateway } from "@spe-gateway/client";
const gateway = new Gateway({ url: "http://127.0.0.1" });
for (const [noun, verbs] of Object.entries(gateway))
  if (noun !== "raw") for (const verb of Object.keys(verbs)) console.log(`${noun}.${verb}`);
"""


def test_the_package_does_the_main_job(typescript_sdk: Path, sdk_world: World) -> None:
    run = prove(TypeScript(), typescript_sdk, sdk_world, (), _silent)

    assert [each["step"] for each in run.steps] == list(STEPS)


def test_it_goes_on_through_new_words_new_fields_202_429_503_and_lost_answers(
    typescript_sdk: Path, sdk_world: World
) -> None:
    """``prove`` sees that each was met, and that the deployment was asked once for each thing."""
    run = prove(TypeScript(), typescript_sdk, sdk_world, FAULTS, _silent)

    assert run.retried >= len(FAULTS)
    assert run.steps[-1]["status"] == "wordOfNextYear"


def test_its_own_tests_pass_with_what_the_gateway_signs(
    typescript_sdk: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps([_signed(each) for each in range(len(EVENTS))]))
    files = sorted((typescript_sdk / "checked/test").glob("*.test.js"))
    environment = child_environment() | {"WEBHOOK_VECTORS": str(vectors)}

    said = run(["node", "--test", *map(str, files)], typescript_sdk, environment)

    assert len(files) == len(list((SOURCES / "test").glob("*.test.ts")))
    assert int(_figure("pass", said)) >= LEAST_TESTS
    assert _figure("skipped", said) == _figure("todo", said) == "0"


def test_the_example_of_the_documents_is_one_of_the_readme() -> None:
    section = (
        (ROOT / "docs/sdks.md").read_text().partition("## TypeScript\n")[2].partition("\n## ")[0]
    )
    fences = re.findall(r"^```typescript\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)

    assert fences
    assert all(each in language.examples() for each in fences)


def test_there_is_a_method_for_each_operation_by_its_name_in_the_contract(
    typescript_sdk: Path,
) -> None:
    command = ["node", "--input-type=module", "--eval", METHODS]

    found = run(command, typescript_sdk, child_environment()).split()

    assert sorted(found) == sorted(each.spec["x-sdk-method"] for each in operations())


def test_the_lock_file_names_no_registry_and_holds_a_digest_of_everything() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    asked = json.loads((SOURCES / "package.json").read_text())

    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not [name for name, each in packages.items() if "resolved" in each]
    for member in ("name", "version", "dependencies", "devDependencies", "engines"):
        assert lock["packages"][""][member] == asked[member]
    assert "omit-lockfile-registry-resolved=true" in (SOURCES / ".npmrc").read_text().split()


def test_the_package_has_the_version_of_the_gateway() -> None:
    package = json.loads((SOURCES / "package.json").read_text())

    assert package["version"] == version("spe-gateway")


def test_without_node_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language.shutil, "which", lambda _program: None)

    missing = TypeScript().missing()

    assert missing == [Missing("node", language.REMEDY), Missing("npm", language.REMEDY)]


def test_a_node_that_is_too_old_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(language, "run", lambda _command, _folder: "v16.20.2\n")

    assert [each.name for each in TypeScript().missing()] == ["node 18 or newer"]


def _signed(number: int) -> dict[str, object]:
    """Return an event as the gateway sends it, every second one while a secret is rotated."""
    body, moment = EVENTS[number], datetime(2026, 11, 21, 8, 0, number, tzinfo=UTC)
    secrets = [new_secret() for _ in range(1 + number % 2)]
    signed = headers(secrets, f"evt_{number}", moment, body.encode())
    return {"secrets": secrets, "headers": signed, "body": body}


def _figure(name: str, said: str) -> str:
    found = re.search(rf"^\S {name} (\d+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


def _silent(_step: str) -> None:
    """Nobody looks on."""
