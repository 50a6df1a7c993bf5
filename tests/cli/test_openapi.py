"""``spe-gateway openapi``: the contract, its editions, and what changed in it."""

import json
from pathlib import Path

import pytest

from gateway.web.contract.files import FILES
from tests.answers import JSON
from tests.cli.conftest import Outcome, Program
from tests.cli.test_errors import require_one_line

OPENAPI = Path(__file__).parents[2] / "openapi"

DANGLING = json.dumps(
    {
        "openapi": "3.1.1",
        "info": {"version": "1"},
        "paths": {"/me": {"get": {"responses": {"200": {"$ref": "#/components/responses/Gone"}}}}},
    }
)


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """Return a file with the contract, which may be changed."""
    copy = tmp_path / "pinned.json"
    copy.write_bytes((OPENAPI / "openapi.json").read_bytes())
    return copy


def change(path: Path, **members: object) -> JSON:
    """Let the pinned contract have another ``GET /me``; return it."""
    document: JSON = json.loads(path.read_text(encoding="utf-8"))
    document["paths"]["/me"]["get"].update(members)
    path.write_text(json.dumps(document), encoding="utf-8")
    return document


def test_a_folder_gets_every_file_of_the_contract(program: Program, tmp_path: Path) -> None:
    assert program("openapi", "--folder", str(tmp_path)).status == 0

    for name in FILES:
        assert (tmp_path / name).read_bytes() == (OPENAPI / name).read_bytes(), name


@pytest.mark.parametrize(
    ("option", "line"), [([], "openapi: 3.0.3"), (["--json"], '  "openapi": "3.0.3",')]
)
def test_the_older_edition_can_be_had(program: Program, option: list[str], line: str) -> None:
    outcome = program("openapi", "--edition", "3.0", *option)

    assert line in outcome.out.splitlines()[:2]


def test_another_edition_is_refused(program: Program) -> None:
    assert program("openapi", "--edition", "2.0").status == 2


def test_one_thing_is_wanted_at_a_time(program: Program, pinned: Path) -> None:
    outcome = program("openapi", "--against", str(pinned), "--release", str(pinned))

    assert outcome.status == 2
    assert "Give one of" in outcome.err


def test_nothing_breaks_clients_of_the_same_contract(program: Program, pinned: Path) -> None:
    outcome = program("openapi", "--against", str(pinned))

    assert (outcome.status, outcome.err) == (0, "")
    assert "breaks clients of version" in outcome.out


def test_a_break_is_told_with_its_place_and_what_to_do(program: Program, pinned: Path) -> None:
    change(pinned, operationId="whoAmI")

    outcome = program("openapi", "--against", str(pinned))

    assert outcome.status == 1
    assert outcome.out.splitlines()[:4] == [
        "operation-renamed: GET /me was called whoAmI, and is called getMe now.",
        "  at #/paths/~1me/get/operationId",
        "  Clients: Call the method by its new name, and generate clients anew.",
        "  The gateway's maintainers: Keep the old name, and add an operation under the new one.",
    ]
    assert "1 breaking change since version" in outcome.out


def test_a_break_is_told_to_programs(program: Program, pinned: Path) -> None:
    document = change(pinned, operationId="whoAmI")

    outcome = program("openapi", "--against", str(pinned), "--json")

    told = json.loads(outcome.out)
    assert outcome.status == 1
    assert told["needsVersion"] is True
    assert told["against"] == document["info"]["version"]
    assert [each["kind"] for each in told["changes"]] == ["operation-renamed"]
    assert told["additions"] == []


def test_what_was_added_is_told_and_breaks_nobody(program: Program, pinned: Path) -> None:
    document = change(pinned)
    del document["paths"]["/me"]
    schemas, list_instances = document["components"]["schemas"], document["paths"]["/instances"]
    del schemas["Webhook"]["properties"]["failTime"]
    schemas["Webhook"]["required"].remove("failTime")
    schemas["Webhook"]["properties"]["status"]["x-extensible-enum"].remove("disabled")
    named = list_instances["get"]["parameters"]
    list_instances["get"]["parameters"] = [each for each in named if each.get("name") != "q"]
    del document["webhooks"]["event"]["post"]["x-event-types"]["store.failed"]
    pinned.write_text(json.dumps(document), encoding="utf-8")

    outcome = program("openapi", "--against", str(pinned))

    version = document["info"]["version"]
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        "GET /me is new.",
        "The parameter q of GET /instances is new.",
        "Webhook.failTime is new.",
        "The word disabled of Webhook.status is new.",
        "The event store.failed is new.",
        f"Nothing in version {version} breaks clients of version {version}.",
        "5 additions.",
    ]


def test_a_contract_in_openapi_3_0_is_compared_in_its_own_words(
    program: Program, tmp_path: Path
) -> None:
    path = tmp_path / "pinned.json"
    path.write_bytes((OPENAPI / "openapi-3.0.json").read_bytes())
    same = program("openapi", "--against", str(path))
    document = json.loads(path.read_text(encoding="utf-8"))
    document["components"]["schemas"]["Webhook"]["properties"]["failTime"]["nullable"] = False
    path.write_text(json.dumps(document), encoding="utf-8")

    changed = program("openapi", "--against", str(path))

    assert (same.status, len(same.out.splitlines())) == (0, 1)
    assert changed.status == 1
    assert "Webhook.failTime was string, and may be null now." in changed.out


@pytest.mark.parametrize("address", ["https://gateway.example.com/openapi.json", "http://x"])
def test_an_address_is_no_file(program: Program, address: str) -> None:
    outcome = program("openapi", "--against", address)

    require_one_line(outcome, "download the contract first (curl -O)")


def test_a_contract_is_pinned_in_yaml_just_as_well(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "pinned.yaml"
    path.write_text("openapi: 3.1.1\ninfo: {version: 2026-01-01}\npaths: {/x: {get: {}}}\n")

    assert "GET /x is gone." in program("openapi", "--against", str(path)).out


def test_a_release_that_breaks_the_last_one_is_refused(program: Program, pinned: Path) -> None:
    change(pinned, operationId="whoAmI")
    before = pinned.read_bytes()

    outcome = program("openapi", "--release", str(pinned))

    require_one_line(outcome, "1 breaking change would need another version")
    assert pinned.read_bytes() == before


def test_a_release_is_frozen(program: Program, pinned: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.json"
    change(pinned, summary="Another.")

    outcomes: list[Outcome] = [
        program("openapi", "--release", str(each)) for each in (first, pinned)
    ]

    assert [each.status for each in outcomes] == [0, 0]
    assert first.read_bytes() == pinned.read_bytes() == (OPENAPI / "openapi.json").read_bytes()


def test_a_newer_version_may_break_the_last_release(program: Program, pinned: Path) -> None:
    document = change(pinned, operationId="whoAmI")
    document["info"]["version"] = "2020-01-01"
    pinned.write_text(json.dumps(document), encoding="utf-8")

    assert "2020-01-01 and version" in program("openapi", "--against", str(pinned)).out
    assert program("openapi", "--release", str(pinned)).status == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is neither JSON nor YAML"),
        ("a: [", "is neither JSON nor YAML"),
        ("a: 1", "is no contract in OpenAPI 3.1"),
        ('{"openapi": "3.0.3", "paths": {}}', "is no contract in OpenAPI 3.1 or 3.0"),
        ('{"openapi": "2.0", "info": {}, "paths": {}}', "is no contract in OpenAPI 3.1 or 3.0"),
        ("[]", "is no contract in OpenAPI 3.1"),
        ('{"openapi": "3.1.1", "paths": {}}', "is no contract in OpenAPI 3.1"),
        (
            DANGLING,
            "is no whole contract: Gone is missing",
        ),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_contract_is_named(
    program: Program, tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "other"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    require_one_line(program("openapi", "--against", str(path)), said)
