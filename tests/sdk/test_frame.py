"""``make sdks``: what is missing is said, what is not proved fails."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from openapi.sdk import __main__ as frame
from openapi.sdk.job import STEPS, prove
from openapi.sdk.language import Language, Missing, SdkError, Tell
from openapi.sdk.languages import LANGUAGES
from openapi.sdk.world import World

LINES = "".join(f"print('{json.dumps({'step': each})}');" for each in STEPS)


@dataclass
class Pretended:
    """An SDK whose main job is a line of Python."""

    name: str = "pretended"
    description: str = "nothing"
    withstands: Sequence[str] = ()
    lacking: Sequence[Missing] = ()
    program: str = LINES
    made: list[Path] = field(default_factory=list)

    def missing(self) -> Sequence[Missing]:
        return self.lacking

    def make(self, folder: Path, tell: Tell) -> None:
        tell("is made")
        self.made.append(folder)

    def use(self, folder: Path) -> str:
        return f"fetch {folder}"

    def job(self, _folder: Path) -> Sequence[str]:
        return [sys.executable, "-c", self.program]


NO_MOON = (Missing("moon", "Fly there."),)


@pytest.fixture
def languages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Language]:
    """Those that there are, for the frame; a test puts its own in."""
    found: list[Language] = []
    monkeypatch.setattr(frame, "LANGUAGES", found)
    monkeypatch.setattr(frame, "ROOT", tmp_path)
    monkeypatch.setattr(frame, "BUILD", tmp_path / "sdks")
    monkeypatch.setattr(frame, "World", _Nowhere)
    monkeypatch.delenv("CI", raising=False)
    return found


class _Nowhere:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def test_there_are_languages_each_with_a_name_of_its_own() -> None:
    names = [each.name for each in LANGUAGES]

    assert {"python", "typescript"} <= set(names)
    assert len(names) == len(set(names))


def test_what_is_missing_is_listed_with_its_remedy(
    languages: list[Language], capsys: pytest.CaptureFixture[str]
) -> None:
    languages += [Pretended(), Pretended("lunar", lacking=NO_MOON)]

    assert frame.main(["--list", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["status"], first["missing"]) == ("can be made", [])
    assert second["status"] == "cannot be made"
    assert second["missing"] == [{"name": "moon", "remedy": "Fly there."}]


def test_what_cannot_be_made_is_named_and_fails_only_if_it_was_asked_for(
    languages: list[Language],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    languages.append(Pretended("lunar", lacking=NO_MOON))

    assert frame.main([]) == 0
    assert "NOT MADE lunar: no moon. Fly there." in capsys.readouterr().err
    assert frame.main(["lunar"]) == 1
    monkeypatch.setenv("CI", "true")
    assert frame.main([]) == 1


def test_what_is_made_is_proved_straight_and_through_the_faults_from_an_empty_folder(
    languages: list[Language],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    runs: list[tuple[str, ...]] = []
    monkeypatch.setattr(frame, "prove", lambda *given: runs.append(tuple(given[3])))
    stale = tmp_path / "sdks" / "pretended" / "stale"
    stale.mkdir(parents=True)
    languages.append(Pretended(withstands=("throttled",)))

    assert frame.main(["--json"]) == 0
    assert not stale.exists()
    assert runs == [(), ("throttled",)]
    said = capsys.readouterr()
    assert json.loads(said.out)["status"] == "proved"
    assert said.err.splitlines()[0] == "pretended: is made"
    assert said.err.splitlines()[-1].endswith("To use it: fetch sdks/pretended")


def test_it_can_be_made_without_the_proof(
    languages: list[Language], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(frame, "World")
    monkeypatch.delattr(frame, "prove")
    sdk = Pretended()
    languages.append(sdk)

    assert frame.main(["pretended", "--make-only", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["status"], made["use"]) == ("made", "fetch sdks/pretended")
    assert len(sdk.made) == 1


def test_each_sdk_says_how_it_is_used() -> None:
    said = {each.name: each.use(Path("build") / each.name) for each in LANGUAGES}

    assert said["python"] == "pip install build/python/dist/spe_gateway_client-*.whl"
    assert said["typescript"].startswith('npm install "$(npm pack --silent /')
    assert all(f"build/{name}" in words for name, words in said.items())


def test_what_fails_is_said_and_the_others_are_made(
    languages: list[Language],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(language: Language, *_: object) -> None:
        if language.name == "bad":
            raise SdkError("It is [bold] not done.")

    monkeypatch.setattr(frame, "prove", fails)
    languages += [Pretended("bad"), Pretended("good")]

    assert frame.main(["--json"]) == 1
    said = capsys.readouterr()
    assert [json.loads(line)["status"] for line in said.out.splitlines()] == ["failed", "proved"]
    assert "bad: It is [bold] not done." in said.err


def test_an_unknown_name_is_refused(languages: list[Language]) -> None:
    languages.append(Pretended())
    with pytest.raises(SystemExit) as end:
        frame.main(["cobol"])
    assert end.value.code == 2


def test_a_job_that_says_too_little_is_none(sdk_world: World, tmp_path: Path) -> None:
    few = LINES.partition('print(\'{"step": "verified')[0]
    with pytest.raises(SdkError, match="has the steps"):
        prove(Pretended(program=few), tmp_path, sdk_world, (), tell)
    broken = "import sys; print('the moon is down'); sys.exit(3)"
    with pytest.raises(SdkError, match=r"ended with 3:\n.*the moon is down"):
        prove(Pretended(program=broken), tmp_path, sdk_world, (), tell)


def test_a_job_that_only_says_so_is_none(sdk_world: World, tmp_path: Path) -> None:
    with pytest.raises(SdkError, match="CreateInstance should have been sent once"):
        prove(Pretended(), tmp_path, sdk_world, (), tell)


def test_a_job_through_faults_must_meet_them(sdk_world: World, tmp_path: Path) -> None:
    with pytest.raises(SdkError, match="has not met throttled"):
        prove(Pretended(), tmp_path, sdk_world, ("throttled",), tell)


def tell(_step: str) -> None:
    """Nobody looks on."""
