"""Lists of instances over several deployments: from our rows, or asked upstream now."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.broker.authorise import permit
from gateway.broker.caller import Caller
from gateway.broker.endings import MISSING, with_consent
from gateway.broker.engine.reader import Reader
from gateway.errors import GatewayError, UpstreamError
from gateway.model import Instance, InstanceStatus, now
from gateway.storage import instances
from gateway.storage.database import Database


class ListIncomplete(UpstreamError):
    """A deployment could not be asked, and the caller wants all or nothing."""

    status = 503
    code = "LIST_INCOMPLETE"
    title = "A deployment could not be asked"
    retryable = True


@dataclass(frozen=True)
class Listing:
    """A page of instances, what is missing in it, and how old it is."""

    items: Sequence[Instance]
    unreachable: Sequence[str] = ()
    as_of: Mapping[str, datetime] = field(default_factory=dict)


class Inventory:
    """Reads instances for lists.

    Args:
        database: our rows.
        reader: asks the deployments.
        threads: how many deployments are asked at once.
    """

    def __init__(self, database: Database, reader: Reader, threads: int) -> None:
        self._database = database
        self._reader = reader
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="list")

    def page(
        self, caller: Caller, filters: Mapping[str, str], after: str, limit: int
    ) -> Sequence[Instance]:
        """Return a page of the caller's instances from our rows."""
        permit(self._database, caller, "instances")
        with self._database.read() as connection:
            return instances.page(connection, caller.principal.reach, filters, after, limit)

    def cached(self, items: Sequence[Instance]) -> Listing:
        """Say how old each deployment's rows are."""
        times: dict[str, datetime] = {}
        for item in items:
            if item.observe_time is not None:
                known = times.get(item.deployment, item.observe_time)
                times[item.deployment] = min(known, item.observe_time)
        return Listing(items, as_of=times)

    def live(self, items: Sequence[Instance], *, complete: bool) -> Listing:
        """Ask each deployment of the page now, side by side.

        A deployment that is down hides nothing: its rows stay as they were, and it is named.
        An instance that a deployment no longer lists is shown as ``missing``, never removed.

        Raises:
            ListIncomplete: ``complete`` is wanted, and a deployment could not be asked.
        """
        wanted = sorted({item.deployment for item in items})
        answers = dict(zip(wanted, self._executor.map(self._ask, wanted), strict=True))
        unreachable = [name for name, rows in answers.items() if rows is None]
        if unreachable and complete:
            raise ListIncomplete(
                f"{len(unreachable)} of {len(wanted)} deployments could not be asked.",
                deployment=", ".join(unreachable),
            )
        time = now()
        merged = [_merged(item, answers[item.deployment], time) for item in items]
        self._keep(merged, items)
        as_of = self.cached(merged).as_of
        return Listing(merged, unreachable, as_of)

    def _ask(self, deployment: str) -> dict[str, dict[str, Any]] | None:
        try:
            rows = self._reader.discover(deployment)
        except GatewayError:
            return None
        return {str(row.get("instanceID")): row for row in rows}

    def _keep(self, merged: Sequence[Instance], before: Sequence[Instance]) -> None:
        changed = [new for new, old in zip(merged, before, strict=True) if new is not old]
        if not changed:
            return
        with self._database.write() as connection:
            for item in changed:
                values = {"observed": dict(item.observed), "observe_time": item.observe_time}
                instances.change(connection, item.id, values)

    def close(self) -> None:
        """Let the reads under way end."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _merged(item: Instance, rows: Mapping[str, dict[str, Any]] | None, time: datetime) -> Instance:
    if rows is None or item.status in {InstanceStatus.PROVISIONING, InstanceStatus.FAILED}:
        return item
    row = rows.get(item.instance_id)
    seen = MISSING if row is None else with_consent(item, row)
    return replace(item, observed=seen, observe_time=time)
