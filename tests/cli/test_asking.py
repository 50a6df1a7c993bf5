"""Whoever destroys something is asked, types its name, or has said yes."""

import io

import pytest

from gateway.cli.asking import secret
from gateway.cli.failure import Failure
from tests.cli.conftest import Served
from tests.cli.terminal import terminal


def test_another_name_deletes_nothing(served: Served) -> None:
    with terminal(["instances", "delete", "acme"], served.env) as person:
        person.wait_for("This stops and deletes acme. To go on, type acme:")
        person.type("acme2")
        assert person.end() == (1, "")
    assert "This is not its name: nothing was changed." in person.screen
    assert "deleted" not in {each["status"] for each in served.ask("GET", "/instances")["items"]}


def test_a_person_says_no(served: Served) -> None:
    with terminal(["instances", "stop", "acme"], served.env) as person:
        person.wait_for("This stops acme. Go on?")
        person.type("n")
        assert person.end() == (130, "")


def test_a_new_password_is_typed_twice_and_not_shown(served: Served) -> None:
    made = {"userName": "twice"}
    path = served.ask("GET", "/instances?q=acme")["items"][0]["id"]
    served.ask("POST", f"/instances/{path}/users", made, Prefer="wait=20")
    with terminal(["users", "password", "acme", "twice"], served.env) as person:
        person.wait_for("Password:")
        person.type("correct horse")
        person.wait_for("Repeat for confirmation:")
        person.type("correct horse")
        status, out = person.end()
    assert (status, out) == (0, "twice of acme has another password.\n"), person.screen
    assert "correct" not in person.screen


def test_a_long_one_shows_a_bar_and_its_log_to_a_person(served: Served) -> None:
    with terminal(["stores", "verify", "acme", "Mail"], served.env) as person:
        status, out = person.end()
    assert (status, out) == (0, "Mail of acme is verified.\n")
    assert "1249 messages verified." in person.screen


def test_a_file_without_a_secret_is_named() -> None:
    empty = io.StringIO("\n")
    empty.name = "password"
    with pytest.raises(Failure, match="There is no client secret in password"):
        secret(empty, "Client secret")
