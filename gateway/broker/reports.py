"""Status reports by mail: whom they may reach, and how many a day.

A report leaves through the instance's own mail server and tells of its archive, so it goes to
addresses in domains that the provider has allowed, and not so often that it is a nuisance.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.broker.broker import Broker, place_of, require_active
from gateway.broker.engine.plan import Invocation
from gateway.errors import InputFault, InvalidInput, RequestError
from gateway.model import Instance, Operation, now
from gateway.spe.commands.reports import SEND_STATUS_REPORT
from gateway.storage import operations
from gateway.tenancy.caller import Caller

DAY = timedelta(days=1)
ANY = "*"
"""Stands for every domain."""


class ReportLimitReached(RequestError):
    """The instance sent as many status reports within a day as the settings allow.

    Args:
        limit: how many those are.
        seconds: until the next one may be sent.
    """

    status = 429
    code = "REPORT_LIMIT_REACHED"
    title = "No more status reports of this instance today"
    retryable = True

    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__(
            f"{limit} status reports of this instance were sent within 24 hours, "
            f"which is the limit; the next one may be sent in {seconds} s."
        )
        self.seconds = seconds


class Reports:
    """Sends status reports.

    Args:
        broker: the door.
        domains: in lower case; ``*`` allows every one, and none allows nobody.
        per_day: how many of one instance within 24 hours.
    """

    def __init__(self, broker: Broker, domains: Sequence[str], per_day: int) -> None:
        self._broker = broker
        self._domains = frozenset(domains)
        self._per_day = per_day

    def send(self, caller: Caller, instance: str, report: Mapping[str, Any]) -> Operation:
        """Send a report.

        Args:
            caller: who asks.
            instance: opaque id.
            report: the arguments of the command, ``recipients`` among them.

        Raises:
            InvalidInput: a recipient's domain is not allowed; names each.
            ReportLimitReached: too many were sent.
            Conflict: the instance is not active.
        """
        found = self._broker.instance(caller, instance)
        require_active(found)
        if faults := list(self._foreign(report["recipients"])):
            raise InvalidInput(faults)

        def count(connection: Connection) -> None:
            self._require_room(connection, found, caller.operation)

        wish = Invocation(SEND_STATUS_REPORT, report)
        return self._broker.start(caller, place_of(found), [wish], count)

    def _foreign(self, recipients: Sequence[str]) -> Iterator[InputFault]:
        if ANY in self._domains:
            return
        for place, address in enumerate(recipients):
            domain = address.rpartition("@")[2].lower()
            if domain not in self._domains:
                detail = (
                    f"Status reports may not be sent to {domain}; "
                    "the provider allows domains with SPE_GATEWAY_REPORT_DOMAINS."
                )
                yield InputFault(f"/recipients/{place}", "DOMAIN_NOT_ALLOWED", detail)

    def _require_room(self, connection: Connection, instance: Instance, kind: str) -> None:
        """Count what was sent, this one included: its intent is written already.

        The instance is held, so two at once cannot both be the last one.
        """
        time = now()
        *before, _ = operations.begun(connection, instance.id, kind, time - DAY)
        if len(before) >= self._per_day:
            free = before[-self._per_day] + DAY
            raise ReportLimitReached(self._per_day, int((free - time).total_seconds()) + 1)
