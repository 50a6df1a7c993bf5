"""Signatures, against the vector of the specification and a verifier written from its text."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from gateway.events.signing import headers, new_secret, signatures

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
TOLERANCE = timedelta(minutes=5)


def verifies(secret: str, given: dict[str, str], body: bytes, now: datetime) -> bool:
    """Verify as a receiver does; shares nothing with what signs."""
    sent = datetime.fromtimestamp(int(given["webhook-timestamp"]), UTC)
    if abs(now - sent) > TOLERANCE:
        return False
    assert secret.startswith("whsec_")
    key = base64.b64decode(secret[6:])
    content = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    versions = [each.partition(",") for each in given["webhook-signature"].split(" ")]
    return any(
        version == "v1" and hmac.compare_digest(found, expected) for version, _, found in versions
    )


def signed(*secrets: str) -> dict[str, str]:
    """Return the headers of a webhook."""
    return headers(secrets or (SECRET,), MESSAGE_ID, SENT, BODY)


def test_the_vector_of_the_specification_holds() -> None:
    assert signatures([SECRET], MESSAGE_ID, SENT, BODY) == SIGNATURE


def test_the_headers_are_those_of_the_specification() -> None:
    assert signed() == {
        "webhook-id": MESSAGE_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_a_receiver_verifies_what_was_signed() -> None:
    assert verifies(SECRET, signed(), BODY, SENT)


def test_the_time_of_a_signature_is_one_moment_in_every_zone() -> None:
    assert headers([SECRET], MESSAGE_ID, SENT.astimezone(), BODY) == signed()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "msg_another"),
        ("webhook-timestamp", "1614265331"),
        ("webhook-signature", SIGNATURE.replace("g0", "g1")),
        ("webhook-signature", SIGNATURE.replace("v1,", "v2,")),
    ],
    ids=["id", "timestamp", "signature", "version"],
)
def test_an_altered_header_does_not_verify(name: str, value: str) -> None:
    assert not verifies(SECRET, signed() | {name: value}, BODY, SENT)


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", BODY.replace(b"4", b"5")])
def test_an_altered_body_does_not_verify(body: bytes) -> None:
    assert not verifies(SECRET, signed(), body, SENT)


def test_a_replay_after_six_minutes_does_not_verify() -> None:
    assert verifies(SECRET, signed(), BODY, SENT + timedelta(minutes=4))
    assert not verifies(SECRET, signed(), BODY, SENT + timedelta(minutes=6))


def test_a_replay_under_a_new_time_does_not_verify() -> None:
    later = SENT + timedelta(minutes=6)
    given = signed() | {"webhook-timestamp": str(int(later.timestamp()))}

    assert not verifies(SECRET, given, BODY, later)


def test_both_secrets_verify_while_one_replaces_the_other() -> None:
    newer, older = new_secret(), new_secret()

    given = signed(newer, older)

    assert verifies(newer, given, BODY, SENT)
    assert verifies(older, given, BODY, SENT)
    assert not verifies(new_secret(), given, BODY, SENT)


def test_the_newest_secret_signs_first() -> None:
    newer, older = new_secret(), new_secret()

    assert signed(newer, older)["webhook-signature"] == " ".join(
        signed(secret)["webhook-signature"] for secret in (newer, older)
    )


def test_a_body_is_signed_as_bytes_whatever_they_are() -> None:
    body = bytes(range(256))
    given = headers([SECRET], MESSAGE_ID, SENT, body)

    assert verifies(SECRET, given, body, SENT)


def test_a_secret_is_32_random_bytes() -> None:
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) for each in made} == {
        32
    }


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="needs a secret"):
        signatures([], MESSAGE_ID, SENT, BODY)


def test_an_id_cannot_reach_into_the_time() -> None:
    with pytest.raises(ValueError, match="without a full stop"):
        signatures([SECRET], "msg_1.1614265330", SENT, BODY)
