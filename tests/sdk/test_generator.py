"""What openapi-generator is given, and what is asked of what it makes."""

import re
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from gateway.web.contract import tree
from gateway.web.contract.tree import Json, answers, objects, schemas_in
from openapi.sdk.contract import operations
from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.generator.source import methods, source
from openapi.sdk.generator.surface import Surface
from openapi.sdk.generator.target import CONFIG, HERE, INPUT, Target, Tool
from openapi.sdk.generator.targets import TARGETS, pascal_case, snake_case
from openapi.sdk.generator.unions import ALTERNATIVES, OPERATION
from openapi.sdk.job import STEPS
from openapi.sdk.language import ROOT, SdkError
from openapi.sdk.languages import LANGUAGES

each_target = pytest.mark.parametrize("target", TARGETS, ids=[each.name for each in TARGETS])


@pytest.fixture(scope="module")
def document() -> Json:
    """What a language gets that knows one type for all answers of a call."""
    return source("anyOf")


def test_what_the_generator_gets_is_an_openapi_document(document: Json) -> None:
    validate(document)


def test_every_operation_is_a_method_of_its_noun(document: Json) -> None:
    named = {
        (each["tags"][0], methods(document)[each["operationId"]])
        for _, _, each in tree.operations(document)
    }

    assert named == {tuple(each.spec["x-sdk-method"].split(".")) for each in operations()}


def test_no_object_is_closed_and_nothing_is_preset(document: Json) -> None:
    assert not [each for each in objects(document) if each.get("additionalProperties") is False]
    assert not [each for each in objects(document) if isinstance(each.get("pattern"), str)]
    assert not [each for each in objects(document) if "default" in each and "type" in each]


def test_answers_have_no_limits_and_no_closed_words(document: Json) -> None:
    schemas = document["components"]["schemas"]
    limits = {"maxLength", "minLength", "maximum", "minimum", "maxItems", "enum"}

    judging = [
        (name, limit)
        for name in schemas_in(answers(document), document)
        for each in objects(schemas[name])
        for limit in limits & each.keys()
        if not isinstance(each[limit], dict)
    ]

    assert not judging


def test_what_is_sent_keeps_its_limits(document: Json) -> None:
    assert "maxLength" in document["components"]["schemas"]["ResellerCreate"]["properties"]["name"]


def test_a_call_that_may_be_accepted_can_give_the_operation(document: Json) -> None:
    for _, _, each in tree.operations(document):
        successes = {
            reference(answer) for status, answer in each["responses"].items() if status < "300"
        } - {""}
        assert len(successes) <= 1, each["operationId"]
        if "202" in each["responses"]:
            assert str(*successes).endswith(OPERATION), each["operationId"]


def reference(answer: Json) -> str:
    content = answer.get("content", {}).get("application/json", {})
    named = str(content.get("schema", {}).get("$ref", answer.get("$ref", "")))
    return {"Accepted": OPERATION}.get(named.rpartition("/")[2], named.rpartition("/")[2])


def test_the_kinds_of_an_answer_can_be_told_by_their_fields(document: Json) -> None:
    schemas = document["components"]["schemas"]
    unions = {name: each[ALTERNATIVES] for name, each in schemas.items() if ALTERNATIVES in each}

    assert len(unions) > 50
    for name, kinds in unions.items():
        for number, kind in enumerate(kinds):
            for other in kinds[number + 1 :]:
                fields = set(schemas[other["name"]].get("properties", ()))
                assert set(kind["fields"]) - fields, f"{name}: {kind['name']}, {other['name']}"


def test_a_language_that_looks_at_the_status_keeps_the_answers_apart() -> None:
    assert not [
        name for name, each in source(None)["components"]["schemas"].items() if ALTERNATIVES in each
    ]


def test_open_words_are_told_to_people(document: Json) -> None:
    said = document["components"]["schemas"]["Operation"]["properties"]["status"]["description"]

    assert "`succeeded`" in said
    assert said.endswith("or a word that is new.")


@each_target
def test_every_target_has_a_config_for_what_the_frame_gives_it(target: Target) -> None:
    config = yaml.safe_load((HERE / target.sources / CONFIG).read_text(encoding="utf-8"))

    assert config["inputSpec"] == INPUT
    assert config["generatorName"]
    assert config["additionalProperties"]["disallowAdditionalPropertiesIfNotPresent"] is False


@each_target
def test_every_target_does_the_whole_main_job_through_every_fault(target: Target) -> None:
    (program,) = [
        each
        for each in (HERE / target.sources).iterdir()
        if re.fullmatch(r"(main_job|MainJob)\.\w+", each.name)
    ]
    told = re.findall(r"""\btell\(["']([a-z-]+)["']""", program.read_text(encoding="utf-8"))

    assert told == list(STEPS)
    assert target.withstands == FAULTS
    assert target in LANGUAGES


@pytest.mark.parametrize("language", ["java", "go", "typescript", "php", "python"])
def test_the_code_in_the_docs_is_that_of_the_main_job(language: str) -> None:
    page = (ROOT / "docs" / "sdks.md").read_text(encoding="utf-8")
    section = page.partition("## Java, Go, PHP")[2].partition("\n## ")[0]
    (code,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    (program,) = (HERE / language).glob("[mM]ain*ob.*")

    assert lines(code)
    assert "\n".join(lines(code)) in "\n".join(lines(program.read_text(encoding="utf-8")))


def lines(code: str) -> list[str]:
    return [line.strip() for line in code.splitlines() if line.strip()]


@each_target
def test_every_tool_is_installed_by_the_script(target: Target) -> None:
    script = (ROOT / "scripts" / "sdk-toolchains").read_text(encoding="utf-8")

    for tool in target.tools:
        wanted = "javac" if tool.at == "java" else tool.at
        assert re.search(rf"^need \S+ {re.escape(wanted)}$", script, re.MULTILINE), tool


def test_a_tool_that_is_not_here_is_named_with_its_remedy(tmp_path: Path) -> None:
    target = TARGETS[0]
    absent = (Tool("Cobol", "no-such-compiler"), Tool("a jar", str(tmp_path / "no.jar")))
    wanting = Target(**{**vars(target), "tools": absent})

    named = {each.name: each.remedy for each in wanting.missing()}

    assert {"Cobol", "a jar"} <= named.keys()
    assert "scripts/sdk-toolchains" in named["Cobol"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("instances_api.py", "    def rotate_secret_with_http_info(\n"),
        ("api_instances.py", "    def rotateSecret_with_http_info(\n"),
    ],
)
def test_a_method_is_found_however_a_language_spells_it(
    tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")

    assert list(surface().found(tmp_path)) == ["instances.rotatesecret"]


def test_a_method_that_was_lost_is_named(tmp_path: Path, document: Json) -> None:
    with pytest.raises(SdkError, match=r"administrators\.create"):
        surface().require(tmp_path, document)


def surface() -> Surface:
    return Surface("*.py", r"def (\w+)_with_http_info")


def test_names_are_spelt_as_the_languages_do() -> None:
    assert snake_case("rotateSecret") == "rotate_secret"
    assert pascal_case("rotateSecret") == "RotateSecret"
