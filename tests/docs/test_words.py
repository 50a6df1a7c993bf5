"""What the documents name is there: files, headings, settings, problems, paths."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.cli.openapi import application
from gateway.setting_fields import defaults
from gateway.settings import PREFIX, Settings
from gateway.web.contract.document import openapi_document
from gateway.web.docs import problem_kinds
from tests.answers import BESIDE
from tests.docs.tables import ROOT, documents

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w{}/.-]*)")
PATH = re.compile(r"`(/[\w{}/.-]+)`")
LONGEST_DECISION = 25
LANGUAGES = {
    *("bash", "go", "ini", "java", "javascript", "json", "mermaid", "nginx", "php", "python"),
    *("sql", "text", "typescript"),
}

ALL = [*documents(), ROOT / "gateway/README.md"]


def name_of(path: Path) -> str:
    """Return a document's name for the report."""
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """Return a document without its blocks of code."""
    return FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """Return what a link may point at in a document."""
    titles = HEADING.findall(prose(path))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.fixture(scope="module")
def routes() -> dict[str, set[str]]:
    """Return the methods of each path; names of parameters do not matter."""
    with application() as app:
        paths = openapi_document(app)["paths"]
    return {nameless(path): {method.upper() for method in item} for path, item in paths.items()}


def nameless(path: str) -> str:
    """Return a path with its parameters without names."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        parts = urlsplit(link)
        target = (path.parent / parts.path).resolve() if parts.path else path

        assert not parts.scheme, link
        assert target.exists(), link
        assert not parts.fragment or parts.fragment in anchors(target), link


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = {PREFIX + name.upper() for name in defaults(Settings)}

    named = set(re.findall(rf"\b{PREFIX}(?!TEST_)[A-Z_]+\b", path.read_text()))

    assert named - known == set()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_problem_that_is_named_exists(path: Path) -> None:
    known = {kind.code for kind in problem_kinds()}
    named = re.findall(r"\b[45]\d\d ([A-Z]+(?:_[A-Z]+)+)\b", path.read_text())

    assert set(named) - known == set()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_call_that_is_named_exists(path: Path, routes: dict[str, set[str]]) -> None:
    for method, place in CALL.findall(prose(path)):
        assert method in routes.get(nameless(place), set()), f"{method} {place}"


def test_what_is_said_to_be_missing_is_missing(routes: dict[str, set[str]]) -> None:
    """Whoever builds it takes it off the list."""
    named = {path for row in lacking() for path in PATH.findall(row)} - {"/operations"}

    assert any(lacking())
    assert {path for path in named if any(known.startswith(path) for known in routes)} == set()


def lacking() -> Iterator[str]:
    """Yield the rows of the table of what does not work yet."""
    table = (ROOT / "README.md").read_text().partition("| Does not work yet |")[2]
    yield from (row.removeprefix("| ") for row in table.partition("\n\n")[0].splitlines()[2:])


def test_what_the_first_page_names_is_there(routes: dict[str, set[str]]) -> None:
    text = prose(ROOT / "README.md").partition("| Does not work yet |")[0]
    roots = {"/instances/{}", "/deployments/{}/commands", "/"}
    named = {nameless(path) for path in PATH.findall(text)}

    unknown = {
        path
        for path in named - roots
        if not BESIDE.fullmatch(path) and not any(known.startswith(path) for known in routes)
    }
    assert unknown == set()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_test_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", path.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_block_can_be_read(path: Path) -> None:
    for language, code in FENCE.findall(path.read_text()):
        assert language in LANGUAGES
        if language == "json":
            json.loads(code)
        if language == "bash":
            read = subprocess.run(
                ["bash", "-n"],  # noqa: S607 - the shell of the documents
                input=code,
                capture_output=True,
                check=False,
                text=True,
            )
            assert read.returncode == 0, read.stderr


def test_every_document_is_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / link).resolve() for link in LINK.findall(index.read_text())}
    found = {path for path in documents() if path.is_relative_to(ROOT / "docs")}

    assert found - listed == {index}


def test_every_decision_is_short_and_says_why() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))

    assert [path.name[:4] for path in decisions] == [
        f"{n:04}" for n in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        headings = HEADING.findall(path.read_text())
        assert headings[1:] == ["Context", "Decision", "Consequences"], path.name
        assert len(path.read_text().splitlines()) <= LONGEST_DECISION, path.name
