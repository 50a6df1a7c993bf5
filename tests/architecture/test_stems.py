"""One noun, one stem: whoever types it into a file finder sees the whole feature."""

from tests.architecture.tree import GATEWAY, ROOT

ELSEWHERE = {
    "environment": "a question to a deployment: resources/deployments.py",
    "licenses": "a question to a deployment: resources/deployments.py",
    "pairing": "REST speaks of pairings",
    "services": "a question to a deployment: resources/deployments.py",
    "system_administrators": "REST speaks of administrators, below a deployment",
}
"""Nouns of the vendor's that have no resource of the same stem, and why."""

OURS = {
    "administrators": "the vendor's system_administrators",
    "archiving_readiness": "one command of profiles; a noun in REST alone",
    "audit_log": "our own noun",
    "capabilities": "get-metadata, which is no command",
    "clients": "our own noun",
    "commands": "all of the vendor's nouns",
    "deployments": "our own noun",
    "events": "our own noun",
    "health": "our own noun",
    "host_schemas": "shared by instance_hosts and client_access_servers",
    "mail_schemas": "shared by smtp and system_smtp",
    "inventory": "our own noun",
    "me": "our own noun",
    "operations": "our own noun",
    "pairings": "the vendor's pairing",
    "permissions": "our own noun",
    "quotas": "our own noun",
    "reconciliation": "our own noun",
    "resellers": "our own noun",
    "roles": "our own noun",
    "statements": "our own noun",
    "system_smtp": "a deployment's half of the vendor's smtp",
    "transfers": "our own noun",
    "usage": "our own noun",
    "webhooks": "our own noun",
}
"""Resources that have no noun of the vendor's of the same stem, and why."""


def stems(folder: str) -> set[str]:
    """Return the stems of a folder's modules."""
    return {path.stem for path in (GATEWAY / folder).glob("*.py")} - {"__init__"}


def noun_of(stem: str, nouns: set[str]) -> str | None:
    """Return the noun that a stem is, or of which it is a part: ``store_runs`` of ``stores``."""
    words = stem.split("_")
    heads = ("_".join(words[:length]) for length in range(len(words), 0, -1))
    return next((form for head in heads for form in (head, f"{head}s") if form in nouns), None)


def test_every_noun_of_the_vendor_is_simulated_under_its_stem() -> None:
    assert stems("spe/commands") - stems("simulator") == set()


def test_every_noun_of_the_vendor_is_a_resource_under_its_stem() -> None:
    assert stems("spe/commands") - stems("resources") - set(ELSEWHERE) == set()


def test_every_resource_is_a_noun_of_the_vendor_or_one_of_ours() -> None:
    nouns = stems("spe/commands") | set(OURS)

    assert {stem for stem in stems("resources") if noun_of(stem, nouns) is None} == set()


def test_every_test_of_a_resource_has_the_stem_of_one() -> None:
    tested = {path.stem.removeprefix("test_") for path in ROOT.glob("tests/resources/test_*.py")}

    assert {stem for stem in tested if noun_of(stem, stems("resources")) is None} == set()


def test_a_noun_is_found_by_its_parts() -> None:
    nouns = {"stores", "users", "instance_hosts"}

    assert noun_of("stores", nouns) == "stores"
    assert noun_of("store_runs", nouns) == "stores"
    assert noun_of("users_folders", nouns) == "users"
    assert noun_of("storefront", nouns) is None
