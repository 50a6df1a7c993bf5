"""What a deployment lists, beside the simulator's list and our catalogue."""

from dataclasses import replace

import pytest

from gateway.cli.doctor.findings import Difference
from gateway.cli.doctor.listing import compare
from gateway.spe.metadata import ArgumentSignature, CommandSignature

ID = ArgumentSignature("instanceID", "string", nullable=False)
SIZE = ArgumentSignature("includeSize", "bool", nullable=True)
GET_STORES = CommandSignature("GetStores", (ID, SIZE))


def only(*found: CommandSignature) -> Difference:
    """Return the one difference from a list that holds GetStores."""
    (difference,) = compare([GET_STORES], found)
    assert difference.check == "metadata"
    assert difference.source == "C"
    return difference


def test_the_order_of_a_list_is_none() -> None:
    ping = CommandSignature("Ping", ())
    turned = replace(GET_STORES, args=(SIZE, ID))

    assert list(compare([GET_STORES, ping], [ping, turned])) == []


def test_a_command_that_the_deployment_lacks() -> None:
    difference = only()

    assert (difference.subject, difference.found) == ("GetStores", "missing")
    assert "COMMAND_NOT_SUPPORTED" in difference.meaning


def test_a_command_that_nobody_knows() -> None:
    difference = only(GET_STORES, CommandSignature("GetWeather", ()))

    assert (difference.subject, difference.found) == ("GetWeather", "listed")
    assert "Our catalogue lacks it" in difference.meaning


def test_a_command_that_only_our_catalogue_knows() -> None:
    difference = only(GET_STORES, CommandSignature("Ping", ()))

    assert difference.expected == "not listed (simulator)"
    assert "the simulator must list it" in difference.meaning


@pytest.mark.parametrize(
    ("arguments", "subject", "found", "meaning"),
    [
        ((ID,), "GetStores --includeSize", "absent", "may be refused"),
        (
            (ID, replace(SIZE, type="string")),
            "GetStores --includeSize",
            "string, optional",
            "another type",
        ),
        (
            (ID, replace(SIZE, nullable=False)),
            "GetStores --includeSize",
            "bool, required",
            "leave it out will be refused",
        ),
        (
            (replace(ID, nullable=True), SIZE),
            "GetStores --instanceID",
            "string, optional",
            "Nothing",
        ),
        (
            (ID, SIZE, ArgumentSignature("colour", "string", nullable=True)),
            "GetStores --colour",
            "string, optional",
            "cannot give it.",
        ),
        (
            (ID, SIZE, ArgumentSignature("colour", "string", nullable=False)),
            "GetStores --colour",
            "string, required",
            "every call will be refused",
        ),
    ],
)
def test_an_argument_that_differs(
    arguments: tuple[ArgumentSignature, ...], subject: str, found: str, meaning: str
) -> None:
    difference = only(replace(GET_STORES, args=arguments))

    assert (difference.subject, difference.found) == (subject, found)
    assert meaning in difference.meaning


def test_the_catalogue_stands_beside_the_simulator() -> None:
    difference = only(replace(GET_STORES, args=(ID,)))

    assert difference.expected == "bool, optional (our catalogue: bool, optional)"


def test_another_path_is_a_difference() -> None:
    assert only(replace(GET_STORES, path="api/v2/")).found == "api/v2/"


def test_a_name_that_is_none_is_not_repeated() -> None:
    difference = only(GET_STORES, CommandSignature("\x1b[2J jane@example.com", ()))

    assert difference.subject == "(not a name)"
