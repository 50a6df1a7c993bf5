import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gateway import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error, at the level info."""
    stream = io.StringIO()
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("info")
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


def events(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "clientSecret",
        "client_secret",
        "Authorization",
        "access_token",
        "tokens",
        "masterKeys",
        "api_key",
        "APIKey",
        "passphrase",
        "Set-Cookie",
    ],
)
def test_a_field_that_is_named_like_a_secret_is_masked(name: str, written: io.StringIO) -> None:
    structlog.get_logger().info("x", **{name: "canary"}, deep=[{name: ("canary",)}])

    assert "canary" not in written.getvalue()
    assert events(written)[0][name] == logs.MASK


@pytest.mark.parametrize("name", ["user_name", "path", "keyboard", "instance", "status"])
def test_other_fields_are_shown(name: str, written: io.StringIO) -> None:
    structlog.get_logger().info("x", **{name: "shown"})

    assert events(written)[0][name] == "shown"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary.canary-canary",
        "basic Y2FuYXJ5Og==canary",
        "token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary",
    ],
)
def test_what_looks_like_a_secret_is_masked_wherever_it_stands(
    text: str, written: io.StringIO
) -> None:
    structlog.get_logger().info(f"failed: {text}", detail=text)

    assert "canary" not in written.getvalue()
    assert logs.MASK in events(written)[0]["event"]


def test_a_trace_is_masked_too(written: io.StringIO) -> None:
    try:
        int("Bearer canary")
    except ValueError:
        structlog.get_logger().exception("crashed")

    assert "canary" not in written.getvalue()
    assert "ValueError" in events(written)[0]["exception"]


def test_the_warnings_of_libraries_are_lines_like_ours(written: io.StringIO) -> None:
    logging.getLogger("library").warning("Bearer %s", "canary")
    logging.getLogger("library").info("chatter")

    (event,) = events(written)
    assert (event["logger"], event["level"]) == ("library", "warning")
    assert "canary" not in event["event"]


def test_what_lies_below_the_level_is_not_written(written: io.StringIO) -> None:
    structlog.get_logger().debug("chatter")

    assert written.getvalue() == ""


def test_a_structure_without_end_is_cut(written: io.StringIO) -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop

    structlog.get_logger().info("x", loop=loop)

    assert logs.MASK in written.getvalue()
