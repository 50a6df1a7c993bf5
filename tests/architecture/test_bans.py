"""What may stand in one place only, and what may stand nowhere."""

import ast
import re
from functools import cache

import pytest

from tests.architecture.tree import ROOT, modules, texts, trees

ALLOWED = {
    "os.environ": ("gateway/settings.py",),
    "os.getenv": (),
    "requests": ("gateway/spe/", "gateway/events/", "gateway/cli/api_client.py"),
    "urllib3": ("gateway/spe/", "gateway/events/"),
    "urllib.request": (),
    "http.client": ("gateway/spe/",),
    "ssl.CERT_NONE": ("gateway/spe/tls.py",),
    "opentelemetry": ("gateway/measures/spans.py",),  # sends traces out by itself, if set
    "prometheus_client": ("gateway/measures/instruments.py", "gateway/exposition/"),
    "pickle": (),
    "eval": (),
    "exec": (),
}
"""Names that the gateway uses, and the only files that may."""

HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "ghcr" + ".io", "docker" + ".io", "npm" + "js.")
"""Hosts of package registries; written so that this file is no exception."""

FOLDERS = re.compile(r"(?<![\w.~/])/(?:work|root|home|Users|opt/pypi)/\w")
SILENCED = re.compile(
    r"#\s*(?:noqa|type:\s*ignore)(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[^\]]+\])?"
)


def uses(tree: ast.Module) -> set[str]:
    """Return each dotted name that a module imports, or reaches through what it imports."""
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    dotted = {name for name in map(ast.unparse, attributes) if name.partition(".")[0] in imported}
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return imported | dotted | {name.id for name in called if isinstance(name, ast.Name)}


@cache
def used() -> dict[str, set[str]]:
    """Return the names of each module, but for the simulator, which is a server of its own."""
    return {name: uses(tree) for name, tree in trees() if not name.startswith("gateway/simulator/")}


def is_below(name: str, banned: str) -> bool:
    """Whether a dotted name is a banned one or below it."""
    return name == banned or name.startswith(f"{banned}.")


@pytest.mark.parametrize("banned", ALLOWED)
def test_a_name_is_used_in_its_place_only(banned: str) -> None:
    found = {
        module for module, names in used().items() if any(is_below(name, banned) for name in names)
    }
    elsewhere = {module for module in found if not module.startswith(ALLOWED[banned])}

    assert elsewhere == set()
    assert bool(found) == bool(ALLOWED[banned])


def test_a_planted_use_is_seen() -> None:
    tree = ast.parse("import os\nfrom requests import Session\nprint(os.environ['HOME'])")

    assert any(is_below(name, "os.environ") for name in uses(tree))
    assert any(is_below(name, "requests") for name in uses(tree))


def test_the_gateway_asserts_nothing() -> None:
    """``python -O`` would remove it."""
    asserting = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]

    assert asserting == []


def test_no_file_names_a_package_registry() -> None:
    assert [name for name, text in texts() if any(host in text for host in HOSTS)] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert {name: match[0] for name, text in texts() if (match := FOLDERS.search(text))} == {}


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        pinned = len(
            re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==", text, re.MULTILINE | re.IGNORECASE)
        )
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]

        assert "://" not in text
        assert pinned == len(entries) > 30
        assert [entry[:30] for entry in entries if "--hash=sha256:" not in entry] == []


def test_whoever_silences_a_check_says_why() -> None:
    silent = [
        f"{name}:{number}"
        for name, text in modules("gateway", "tests")
        for number, line in enumerate(text.splitlines(), 1)
        if (found := list(SILENCED.finditer(line)))
        if not re.search(r"(?:#|-)\s*\w[^#]{2,}$", line[found[-1].end() :])
    ]

    assert silent == []
