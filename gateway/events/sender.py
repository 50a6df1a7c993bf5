"""Sends one webhook to one receiver, whatever that receiver does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

import requests

from gateway.access.networks import Network
from gateway.events.allowance import Allowance
from gateway.events.outcome import DeliveryFailed, Outcome, Problem
from gateway.events.own import Own
from gateway.events.reply import FOREIGN, outcome_of
from gateway.events.targets import LOOK_UP_SECONDS, TargetRefused, lie_in, parse, resolve
from gateway.events.transport import open_adapter, trust

SECONDS: Final = 10.0
"""That a delivery may take in all."""
REPLY_BYTES: Final = 65536
"""That are read of a reply, with its head, as they come out of TLS."""

_HEADERS: Final = {
    "User-Agent": "spe-gateway",
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Sender:
    """Posts webhooks; for many threads.

    Args:
        laboratories: networks that may be called although they are not public.
        own: what is ours and may not be called.
        ca_file: authorities, in PEM, that are trusted in the laboratories only, beside those
            that the system trusts.
        seconds: that a delivery may take in all.

    Raises:
        OSError: the file of authorities cannot be read, or holds none.
    """

    def __init__(
        self,
        laboratories: Sequence[Network],
        own: Own,
        *,
        ca_file: Path | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._laboratories = tuple(laboratories)
        self._own = own
        self._seconds = seconds
        self._trust = trust()
        # A context holds every authority of the system: 0.8 MB.
        self._laboratory_trust = self._trust if ca_file is None else trust(ca_file)

    def send(self, target_url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Post a body once; no redirect is followed, and nothing is sent again.

        Args:
            target_url: is checked anew for each delivery.
            headers: the signature; those that every webhook has are added.
            body: JSON.

        Returns:
            How it ended; nothing that a receiver does is raised.
        """
        began = monotonic()
        allowance = Allowance(self._seconds, REPLY_BYTES)
        try:
            outcome = self._attempt(target_url, {**_HEADERS, **headers}, body, allowance)
        except (TargetRefused, DeliveryFailed) as failure:
            outcome = Outcome(problem=failure.problem)
        except TimeoutError:
            outcome = Outcome(problem=Problem.TIMEOUT)
        except FOREIGN as error:
            outcome = Outcome(problem=_problem(error))
        return replace(outcome, seconds=monotonic() - began)

    def _attempt(
        self, url: str, headers: Mapping[str, str], body: bytes, allowance: Allowance
    ) -> Outcome:
        target = parse(url, self._laboratories)
        addresses = resolve(
            target,
            self._laboratories,
            self._own,
            seconds=min(LOOK_UP_SECONDS, allowance.seconds_left()),
        )
        is_inside = lie_in(addresses, self._laboratories)
        context = self._laboratory_trust if is_inside else self._trust
        request = requests.Request("POST", target.url, headers=headers, data=body).prepare()
        with (
            open_adapter(target, addresses, allowance, context) as adapter,
            closing(adapter.send(request, stream=True)) as response,
        ):
            return outcome_of(response)


def _problem(error: BaseException) -> Problem:
    """Tell a connection that broke from a reply that is none."""
    is_lost = any(isinstance(each, ConnectionError) for each in _chain(error))
    return Problem.CONNECTION_LOST if is_lost else Problem.REPLY_INVALID


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
