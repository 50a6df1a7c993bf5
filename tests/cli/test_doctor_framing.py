"""Every deviation below the results is found, and nothing else with it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from gateway.cli.doctor import framing, probes
from gateway.cli.doctor.findings import Difference, Unseen
from gateway.cli.doctor.reference import reference
from gateway.spe.endpoint import Endpoint
from gateway.spe.raw import RawReply, RawRequest, exchange
from tests.spe.raw_server import Identity, RawServer, raw_server, reply

ORDER = (
    probes.PING,
    probes.WITHOUT_LENGTH,
    probes.METADATA_BY_GET,
    probes.METADATA_BY_POST,
    probes.WITHOUT_ARGUMENT,
    probes.WITH_UNKNOWN_COMMAND,
    probes.WITH_UNKNOWN_ARGUMENT,
    probes.WITH_UNKNOWN_TOKEN,
)
"""The requests with credentials; the one without them is the last."""

LAST = len(ORDER)


@pytest.fixture(scope="session")
def known() -> Iterator[Endpoint]:
    with reference() as found:
        yield found.endpoint


@pytest.fixture(scope="session")
def expected(known: Endpoint) -> framing.Facts:
    return framing.observe(known)


@pytest.fixture(scope="session")
def recorded(known: Endpoint) -> list[bytes]:
    """What the simulator answers, request by request, as bytes to be played again."""
    authorization = {"Authorization": known.authorization}
    return [
        *(played(exchange(known, with_headers(one, authorization))) for one in ORDER),
        played(exchange(known, probes.PING)),
    ]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    day = timedelta(days=1)
    return Identity.make(tmp_path_factory.mktemp("doctor") / "spe.pem", starts=-day, ends=day)


def with_headers(request: RawRequest, headers: Mapping[str, str]) -> RawRequest:
    return RawRequest(request.method, request.path, {**headers, **request.headers}, request.body)


def played(answer: RawReply) -> bytes:
    headers = [f"{name}: {value}" for name, value in answer.headers.items()]
    kept = [header for header in headers if not header.startswith("content-length")]
    return reply(answer.body, *kept, status=f"{answer.status} {answer.reason}")


def differing(server: RawServer, expected: framing.Facts) -> list[Difference | Unseen]:
    facts = framing.observe(server.endpoint(server.identity.sha256))
    return list(framing.compare(expected, facts))


def test_a_server_that_says_the_same_is_equal(
    identity: Identity, expected: framing.Facts, recorded: list[bytes]
) -> None:
    with raw_server(identity, *recorded) as server:
        assert differing(server, expected) == []
        assert len(server.requests) == LAST + 1


def test_one_request_and_only_one_is_without_credentials(
    identity: Identity, recorded: list[bytes]
) -> None:
    with raw_server(identity, *recorded) as server:
        framing.observe(server.endpoint(identity.sha256))

        naked = [one for one in server.requests if b"\r\nAuthorization: Basic " not in one]
        unmeasured = [one for one in server.requests if b"\r\nContent-Length: " not in one]
        assert [one.split(b" HTTP")[0] for one in naked] == [b"POST /api/invoke/Ping"]
        assert [one.split(b" HTTP")[0] for one in unmeasured] == [
            b"POST /api/invoke/Ping",
            b"GET /api/get-metadata",
        ]


@pytest.mark.parametrize(
    ("step", "planted", "check"),
    [
        (0, (b"HTTP/1.1 200 OK", b"HTTP/1.1 201 Created"), "status-line"),
        (0, (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 Fine"), "status-line"),
        (0, (b"application/json", b"application/json; charset=utf-8"), "content-type"),
        (0, (b"Microsoft-HTTPAPI/2.0", b"nginx"), "server"),
        (0, (b"no-cache,private,no-store", b"private"), "caching"),
        (0, (b"pragma: no-cache\r\n", b""), "caching"),
        (0, (b"expires: ", b"expired: "), "caching"),
        (0, (b"\xef\xbb\xbf", b"   "), "byte-order-mark"),
        (0, (b"\r\n  ", b" \n  "), "line-ends"),
        (0, (b"{\r\n  ", b"{\r\n    "), "indentation"),
        (0, (b'"error": null,\r\n  "token"', b'"token": null,\r\n  "error"'), "envelope-keys"),
        (0, (b'"statusVersion": 2', b'"statusVersion": 3'), "immediate-success"),
        (1, (b"411 Length Required", b"400 Bad Request"), "length-required"),
        (2, (b"200 OK", b"405 Method Not Allowed"), "metadata-by-get"),
        (3, (b"\xef\xbb\xbf[", b"\xef\xbb\xbf{"), "metadata-by-post"),
        (4, (b"Missing API argument instanceFilter.", b"*" * 36), "missing-argument"),
        (5, (b"200 OK", b"500 Internal Server Error"), "unknown-command"),
        (6, (b'"failed"', b'"ignored"'), "unknown-argument"),
        (7, (b"404 Not Found", b"200 OK"), "unknown-token"),
        (LAST, (b"Basic realm", b"Negotiate "), "challenge"),
        (LAST, (b"401 Unauthorized", b"403 Forbidden"), "challenge"),
    ],
)  # fmt: skip
def test_a_planted_deviation_is_found_by_its_name(
    identity: Identity,
    expected: framing.Facts,
    recorded: list[bytes],
    step: int,
    planted: tuple[bytes, bytes],
    check: str,
) -> None:
    before, after = planted
    head, gap, body = recorded[step].partition(b"\r\n\r\n")
    assert before in recorded[step]
    body = body.replace(before, after)
    lines = [line for line in head.replace(before, after).split(b"\r\n") if line]
    lines = [line for line in lines if not line.startswith(b"Content-Length")]
    whole = b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + gap + body
    script = [*recorded[:step], whole, *recorded[step + 1 :]]

    with raw_server(identity, *script) as server:
        found = differing(server, expected)

    assert {one.check for one in found} == {check}
    for one in found:
        assert isinstance(one, Difference)
        assert one.expected != one.found
        assert one.source in {"D", "C", "I"}
        assert one.meaning


def test_an_answer_that_is_none_is_named_in_every_check_that_rests_on_it(
    identity: Identity, expected: framing.Facts, recorded: list[bytes]
) -> None:
    script = [b"SSH-2.0-OpenSSH\r\n\r\n", *recorded[1:]]
    with raw_server(identity, *script) as server:
        found = [one for one in differing(server, expected) if isinstance(one, Difference)]

    assert {one.check for one in found} == {
        check.name for check in framing.AUTHORIZED if check.request is probes.PING
    }
    assert {one.found for one in found} == {"no usable answer (UPSTREAM_REPLY_INVALID)"}


def test_words_of_a_hostile_server_are_made_harmless(
    identity: Identity, expected: framing.Facts, recorded: list[bytes]
) -> None:
    hostile = recorded[0].replace(b"Microsoft-HTTPAPI/2.0", b"[bold]\x1b[2J" + b"x" * 5000)
    with raw_server(identity, hostile, *recorded[1:]) as server:
        (found,) = differing(server, expected)

    assert isinstance(found, Difference)
    assert found.found.isprintable()
    assert len(found.found) < 200


def test_every_check_says_how_well_it_is_known_and_what_it_means() -> None:
    names = [check.name for check in framing.CHECKS]

    assert len(set(names)) == len(names)
    assert {check.source for check in framing.CHECKS} == {"D", "C", "I"}
