"""The read model of a deployment: asked, checked, compared and kept.

The deployment is asked outside any transaction, and its answer is judged outside the one that
writes all that follows from it, which is short for that. A list never overwrites what is newer
than itself: an instance whose row is another one than when the deployment was asked, or that an
unfinished operation changes, is left as it is. That goes by the rows and not by clocks, since
several hosts write them; and the update itself looks once more.

An answer of which all is as it was before is not compared again (``settled``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.broker import outages, telling
from gateway.broker.engine.reader import Reader
from gateway.broker.inventory.flights import Flights
from gateway.broker.inventory.judgement import DIRECTORY, Answer, Judgement, Strangers, judge
from gateway.broker.inventory.listed import listed
from gateway.broker.inventory.settled import Settled
from gateway.errors import DeploymentUnreachable, UpstreamError
from gateway.model import Instance, now
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION
from gateway.storage import deployments, hosts, instances, inventories, sightings, unowned
from gateway.storage.database import Database
from gateway.storage.inventories import Inventory
from gateway.storage.likenesses import Likeness
from gateway.storage.sightings import Sighting

PROBES: Final = 16
"""So many unknown instances are asked for their directory, when one of ours is lacking."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Acceptance:
    """An operator's word that the instances of a doubt are gone.

    Attributes:
        version: of the doubt; of a list that lacks others, nothing is believed.
        note: what is committed together with what follows from it.
    """

    version: str
    note: Callable[[Connection], None]


class Synchronisation:
    """Keeps the read models.

    Args:
        database: where they lie.
        reader: asks the deployments.
    """

    def __init__(self, database: Database, reader: Reader) -> None:
        self._database = database
        self._reader = reader
        self._settled = Settled(database)
        self._flights: Flights[Inventory] = Flights()

    def refresh(self, deployment: str) -> Inventory:
        """Ask a deployment now, and keep what it lists.

        Several who ask at once share an answer, which is never older than any of their calls.

        Returns:
            The state of the read model; with a ``doubt`` when the list is not believed.

        Raises:
            UpstreamError: it cannot be asked, or answers nonsense; the state has the problem.
        """
        return self._flights.share(deployment, partial(self._refresh, deployment))

    def accept(self, deployment: str, acceptance: Acceptance) -> Inventory:
        """Ask a deployment now, and believe that the instances of a doubt are missing.

        Raises:
            UpstreamError: as of ``refresh``.
        """
        return self._flights.alone(deployment, partial(self._refresh, deployment, acceptance))

    def _refresh(self, deployment: str, acceptance: Acceptance | None = None) -> Inventory:
        with self._settled.visit():
            return self._visit(deployment, acceptance)

    def _visit(self, deployment: str, acceptance: Acceptance | None) -> Inventory:
        before = self._settled.look(deployment)
        time = now()
        try:
            answer = self._ask(deployment, time)
            if acceptance is None and (state := self._settled.renewed(answer, before)):
                return state
            answer = self._with_directories(answer, before)
        except UpstreamError as error:
            self._note_problem(deployment, time, error)
            raise
        return self._compared(before, answer, acceptance)

    def _ask(self, deployment: str, time: datetime) -> Answer:
        found = self._reader.discover(deployment)
        servers = self._reader.rows(deployment, GET_INSTANCE_HOSTS)
        return Answer(deployment, listed(found, servers), time)

    def _compared(
        self, before: Likeness, answer: Answer, acceptance: Acceptance | None
    ) -> Inventory:
        """Compare an answer with our rows, and keep what follows."""
        self._settled.forget(answer.deployment)
        with self._database.read() as connection:
            judgement = _judged(connection, before, answer, acceptance)
        with self._database.write() as connection:
            held = deployments.hold(connection, answer.deployment)
            if held is None:
                raise DeploymentUnreachable("The deployment is not registered any more.")
            if held.down_time is not None:
                outages.end(connection, answer.deployment)
            settles = _is_whole(judgement, before) and before.lasts(connection)
            state, are_hosts_news = _keep(connection, judgement, acceptance)
        if settles and not are_hosts_news:
            self._settled.note(answer, before)
        return state

    def _with_directories(self, answer: Answer, before: Likeness) -> Answer:
        unknown = _unknown(answer, before)
        if not unknown:
            return answer
        return replace(answer, directories=self._directories(answer.deployment, before, unknown))

    def _directories(
        self, deployment: str, before: Likeness, unknown: Sequence[str]
    ) -> dict[str, str]:
        """Ask some unknown instances where they lie: one of ours may have another name now."""
        with self._database.read() as connection:
            known = unowned.of(connection, deployment)
            ours = instances.tracked(connection, next(iter(before.marks)))
        asked = {
            name: str(known[name].observed[DIRECTORY])
            for name in unknown
            if name in known and known[name].observed.get(DIRECTORY)
        }
        for name in [each for each in unknown if each not in asked][:PROBES]:
            directory = ours and self._directory(replace(ours, instance_id=name))
            if directory:
                asked[name] = directory
        return asked

    def _directory(self, suspect: Instance) -> str | None:
        """Return where an instance lies; None if it does not tell, which is no problem here."""
        try:
            found = self._reader.record(suspect.deployment, GET_INSTANCE_CONFIGURATION, suspect)
        except UpstreamError:
            return None
        directory = found.get(DIRECTORY)
        return directory if isinstance(directory, str) else None

    def _note_problem(self, deployment: str, time: datetime, error: UpstreamError) -> None:
        with self._database.write() as connection:
            if deployments.hold(connection, deployment) is not None:
                state = inventories.find(connection, deployment)
                state = state or Inventory(deployment, None, time)
                problem = replace(state, try_time=time, problem=error.code)
                inventories.put(connection, problem)
                if outages.speaks_of_one(error):
                    outages.begin(connection, deployment, error.code)
        log.warning("inventory.not_refreshed", deployment=deployment, code=error.code)


def _unknown(answer: Answer, before: Likeness) -> Sequence[str]:
    """Return the unknown instances, one of which may be what is lacking; none if nothing is."""
    unknown = sorted(answer.rows.keys() - before.names)
    return [] if before.names <= answer.rows.keys() else unknown


def _is_whole(judgement: Judgement, before: Likeness) -> bool:
    """Whether all that was known is as an answer says, and all of it was compared."""
    answer = judgement.answer
    is_clear = not judgement.is_news and not answer.listed.ignored
    is_complete = judgement.compared == len(before.marks) and not _unknown(answer, before)
    return is_clear and is_complete


def _judged(
    connection: Connection, before: Likeness, answer: Answer, acceptance: Acceptance | None
) -> Judgement:
    """Compare an answer with our rows; those that somebody has written since, or will, stay."""
    changing = sightings.under_change(connection, [answer.deployment])
    busy = before.under_change | changing.get(answer.deployment, frozenset())
    ours = instances.present_on(connection, answer.deployment)
    unchanged = [
        one
        for one in ours
        if one.id not in busy and before.marks.get(one.id) == sightings.mark_of(one)
    ]
    return judge(
        answer,
        unchanged,
        before.names | {one.instance_id for one in ours},
        unowned.of(connection, answer.deployment),
        acceptance.version if acceptance else None,
    )


def _keep(
    connection: Connection, judgement: Judgement, acceptance: Acceptance | None
) -> tuple[Inventory, bool]:
    """Write down what follows from an answer; the transaction holds the deployment.

    Returns:
        The state of the read model, and whether anything was to be written of the hosts.
    """
    answer, are_hosts_news = judgement.answer, False
    _keep_sightings(connection, judgement.sightings, answer.time)
    if judgement.strangers is not None:
        _keep_strangers(connection, answer.deployment, judgement.strangers)
        are_hosts_news = hosts.put(connection, answer.deployment, answer.listed.hosts, answer.time)
    if judgement.is_accepted and acceptance is not None:
        acceptance.note(connection)
    before = inventories.find(connection, answer.deployment)
    state = _state(before or Inventory(answer.deployment, None, answer.time), judgement)
    inventories.put(connection, state)
    return state, are_hosts_news


def _keep_sightings(connection: Connection, seen: Sequence[Sighting], time: datetime) -> None:
    """Write what was seen; whether something begins to drift, or ends, is told if it is written."""
    sightings.write(connection, [each for each in seen if not each.turns], time)
    for each in seen:
        if each.turns and sightings.write(connection, [each], time):
            telling.drifted(connection, each.known, each.drift)


def _keep_strangers(connection: Connection, deployment: str, rows: Strangers) -> None:
    """Write the unowned rows; what became ours at this moment is none of them."""
    names = [each.instance_id for each in rows.new]
    ours = sightings.owned_among(connection, deployment, names) if names else frozenset()
    unowned.add(connection, [each for each in rows.new if each.instance_id not in ours])
    unowned.observe(connection, rows.changed)
    unowned.remove(connection, *rows.gone)


def _state(before: Inventory, judgement: Judgement) -> Inventory:
    """Return the state after a list; a doubted one makes nothing newer."""
    listed, time = judgement.answer.listed, judgement.answer.time
    after = Inventory(before.deployment, before.as_of, time, number=len(listed.rows))
    if listed.ignored:
        log.warning("inventory.rows_ignored", deployment=before.deployment, number=listed.ignored)
    if judgement.doubt is None:
        return replace(after, as_of=max(time, before.as_of or time))
    since = (before.doubt or {}).get("since")
    told = judgement.doubt.told(datetime.fromisoformat(since) if since else time)
    log.warning(
        "inventory.doubted",
        deployment=before.deployment,
        **{name: told[name] for name in ("known", "missing", "listed", "ignored")},
    )
    return replace(after, doubt=told)
