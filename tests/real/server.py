"""The server that is talked to: the simulator, or a real SPE that the environment names."""

import json
import secrets
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from gateway.simulator.scenario import Scenario, snake
from gateway.simulator.server import Simulator
from gateway.spe.client import Endpoint

VARIABLE = "SPE_GATEWAY_TEST_SPE"
RANDOM_DIGITS = 12


@dataclass(frozen=True)
class Server:
    """An SPE server, and where in it a scratch instance may be made.

    Attributes:
        pin: thumbprint of its certificate, SHA-1 or SHA-256; there is no way without.
        instance_host: the exact name of an Instance Host.
        base_directory: the scratch instance's directory is made in it.
        instance_prefix: what the id of the scratch instance begins with.
    """

    host: str
    port: int
    user_name: str
    password: str = field(repr=False)
    pin: str
    instance_host: str
    base_directory: str
    instance_prefix: str = "gwtest-"

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, with the credentials."""
        return Endpoint("test", self.host, self.port, self.user_name, self.password, self.pin)

    def new_instance_id(self) -> str:
        """Return an id that nobody has."""
        return self.instance_prefix + secrets.token_hex(RANDOM_DIGITS // 2)


def named(environment: MutableMapping[str, str]) -> Server | None:
    """Take the real server out of the environment; None where there is none.

    It holds a password, which processes that the tests start must not inherit.

    Raises:
        ValueError: it is no JSON object with the keys of ``Server`` in camel case.
    """
    text = environment.pop(VARIABLE, "")
    return parsed(json.loads(text)) if text else None


def parsed(document: Any) -> Server:  # noqa: ANN401 # any JSON value
    """Return the server that a JSON object describes."""
    if not isinstance(document, dict):
        raise ValueError(f"{VARIABLE} is no JSON object.")  # noqa: TRY004 # a bad setting
    values = {snake(key): value for key, value in document.items()}
    known = {one.name for one in fields(Server)}
    wrong = sorted(values.keys() - known | (known - {"instance_prefix"}) - values.keys())
    if wrong:
        raise ValueError(f"{VARIABLE}: missing or unknown: {', '.join(wrong)}")
    return Server(**values)


@contextmanager
def simulated() -> Iterator[Server]:
    """Run a simulator in which a verification takes half a second."""
    scenario = Scenario(messages_per_store=200, verify_rate=400)
    with Simulator("alpha", scenario=scenario) as simulator:
        told = simulator.announcement()
        yield Server(
            host="127.0.0.1",
            port=told["port"],
            user_name=told["userName"],
            password=told["password"],
            pin=told["sha256"],
            instance_host="alpha-host1",
            base_directory="D:\\MailStore\\Instances",
        )
