"""Carries an operation on: one network action at a time, saved before and after.

The same code serves the request that sends the first call, the tracker that polls, and
whoever finds the operation after a crash.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import structlog

from gateway.broker.engine.conclusion import (
    clean,
    end,
    expire,
    fail,
    leave,
    not_done,
    outcome,
    succeed,
)
from gateway.broker.engine.connections import Connections
from gateway.broker.engine.diagnosis import diagnose
from gateway.broker.engine.pace import interval
from gateway.broker.engine.plan import command_of
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.settlement import MAX_ATTEMPTS, Finding, look_before, settle
from gateway.errors import (
    AnswerLost,
    CertificateRejected,
    CommandFailed,
    GatewayError,
    NotSent,
    ReplyInvalid,
    StorageUnavailable,
    TokenLost,
    UpstreamError,
)
from gateway.model import Instance, Operation, OperationStatus, Step, StepStatus, now
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import Effect
from gateway.spe.encoding import encode
from gateway.spe.results import require_form
from gateway.spe.status import MAX_LOG_CHARACTERS, Status

MAX_TEXT_CHARACTERS = 2_000
CANCELLING = timedelta(minutes=30)
"""How long SPE may take to end what it was asked to cancel."""

CANCELLED = StepStatus.CANCELLED.value
"""SPE's word for the end of a command, and the evidence of a step while it is looked at."""

WORDS = frozenset({"running", "succeeded", "failed", "cancelled"})
ONCE_ONLY = frozenset({Effect.CREATE_NAMED, Effect.CREATE_NUMBERED, Effect.DESTROY})
"""Doing these twice is refused: a refused second try says nothing of the first."""

REFUSED_TWICE = frozenset({"MoveFolder", "RenameUser", "RunJobAsync"})
"""Single commands of other effects of which the same is true."""

log = structlog.get_logger()

Preparation = Callable[[Operation, Instance | None], dict[str, Any] | None]
Check = Callable[[Operation, Instance | None], None]


class Journal(Protocol):
    """Where progress is saved: a row, or nothing for a read that nobody has to find again."""

    def save(self, operation: Operation) -> None:
        """Commit progress; raises LeaseLost when somebody else has the operation."""

    def is_halted(self, operation: Operation) -> bool:
        """Whether what is not sent yet stays unsent: whoever wished for it is suspended."""

    def require_lease(self, operation: Operation) -> None:
        """Raise LeaseLost when somebody else may have the operation, or soon."""


class Runner:
    """Takes operations forward.

    Args:
        connections: the clients of the deployments.
        instance_of: looks the operation's instance up, without a caller.
        preparations: the rules that make a step's arguments when its turn comes.
        checks: the rules that judge what a step has read.
    """

    def __init__(
        self,
        connections: Connections,
        instance_of: Callable[[Operation], Instance | None],
        preparations: Mapping[str, Preparation],
        checks: Mapping[str, Check],
    ) -> None:
        self._connections = connections
        self.reader = Reader(connections)
        self.known = connections.known
        self._instance_of = instance_of
        self._preparations = preparations
        self._checks = checks

    def knows(self, operation: Operation) -> bool:
        """Whether this version has all that an operation needs; a newer one may have begun it."""
        return all(
            step.command in COMMANDS
            and step.prepare in {None, *self._preparations}
            and step.check in {None, *self._checks}
            for step in operation.steps
        )

    def drive(self, operation: Operation, journal: Journal) -> None:
        """Go on until the operation is final or waits for the deployment."""
        while not operation.status.is_final:
            waiting = self._advance(operation, journal)
            operation.next_poll_time = now() + interval(now() - operation.create_time)
            journal.save(operation)
            if waiting:
                return

    def _advance(self, operation: Operation, journal: Journal) -> bool:
        """Make one action; true when the deployment needs time."""
        step = operation.current
        if step is None:
            end(operation, outcome(operation))
            return False
        try:
            if now() > operation.deadline:
                return expire(operation, step)
            return self._act(operation, step, journal)
        except UpstreamError as error:
            return self._fall(operation, step, error)
        except GatewayError as error:
            return _stumble(operation, step, error)

    def _act(self, operation: Operation, step: Step, journal: Journal) -> bool:
        if step.status is StepStatus.QUEUED:
            return self._send(operation, step, journal)
        if step.status is StepStatus.RUNNING:
            return self._poll(operation, step, journal)
        return self._settle(operation, step)

    def _send(self, operation: Operation, step: Step, journal: Journal) -> bool:
        unsent = not step.attempts and not step.always
        if unsent and (operation.cancel_requested or journal.is_halted(operation)):
            return leave(operation, step, StepStatus.CANCELLED)
        if not self._prepared(operation, step):
            step.status = StepStatus.SKIPPED
            return False
        client = self._connections.client(str(operation.deployment))
        operation.status = OperationStatus.RUNNING
        if command_of(step).effect.changes:
            self._intend(operation, step, journal)
            journal.require_lease(operation)  # a process that slept meanwhile sends nothing
        status = self._connections.ask(
            str(operation.deployment),
            client,
            lambda newest: newest.invoke(command_of(step), step.arguments),
        )
        return self._take(operation, step, status)

    def _intend(self, operation: Operation, step: Step, journal: Journal) -> None:
        """Commit that it is about to be sent, and what would tell later whether it was."""
        if not step.attempts:
            step.before = look_before(
                self.reader, step, str(operation.deployment), self._instance_of(operation)
            )
        step.attempts += 1
        step.status = StepStatus.SENDING
        journal.save(operation)

    def _prepared(self, operation: Operation, step: Step) -> bool:
        if step.prepare is None:
            return True
        made = self._preparations[step.prepare](operation, self._instance_of(operation))
        if made is None:
            return False
        encode(command_of(step), made)
        step.arguments = made
        return True

    def _poll(self, operation: Operation, step: Step, journal: Journal) -> bool:
        client = self._connections.client(str(operation.deployment))
        if operation.cancel_requested and not step.always:
            operation.status = OperationStatus.CANCELLING
            operation.deadline = min(operation.deadline, now() + CANCELLING)
            journal.require_lease(operation)
            _cancel(client, step)
        status = client.get_status(str(step.token), step.version, wait_milliseconds=0)
        if status.version < step.version or (status.is_running and status.version == step.version):
            self._connections.note_contact(str(operation.deployment))
            return True  # it says nothing new
        return self._take(operation, step, status)

    def _take(self, operation: Operation, step: Step, status: Status) -> bool:
        """Merge what the deployment says into the step.

        Raises:
            ReplyInvalid: a word that we do not know, which says nothing of the outcome.
        """
        if status.code not in WORDS:
            raise ReplyInvalid("The deployment's answer has an unknown state.")
        self._connections.note_contact(str(operation.deployment))
        operation.percent_progress = status.percent
        text = status.text and clean(operation, status.text)
        operation.status_text = text and text[:MAX_TEXT_CHARACTERS]
        if status.log:
            whole = clean(operation, operation.log + status.log)
            operation.log = whole[-MAX_LOG_CHARACTERS:]
            operation.log_start += len(whole) - len(operation.log)
        step.version = status.version
        if status.is_running:
            step.status, step.token = StepStatus.RUNNING, status.token
            return True
        if status.succeeded:
            require_form(command_of(step), step.arguments, status.result)
            succeed(step, "answer", status.result)
            self._check(operation, step)
            return False
        if status.code == OperationStatus.CANCELLED:
            return _cancelled(operation, step)
        return self._refused(operation, step, status)

    def _check(self, operation: Operation, step: Step) -> None:
        if step.check is not None:
            step.tolerant = False  # what was read counts, only the reading may fail
            self._checks[step.check](operation, self._instance_of(operation))

    def _refused(self, operation: Operation, step: Step, status: Status) -> bool:
        once = command_of(step).effect in ONCE_ONLY or step.command in REFUSED_TWICE
        if step.attempts > 1 and once:
            step.status = StepStatus.SETTLING  # the first try may have been carried out late
            return False
        instance = self._instance_of(operation)
        deployment = str(operation.deployment)
        error = diagnose(self.reader, step, deployment, instance) or CommandFailed(
            f"The deployment could not carry out {step.command}.",
            deployment=str(operation.deployment),
            command=step.command,
            message=clean(operation, status.error_message or status.code)[:MAX_TEXT_CHARACTERS],
        )
        return fail(operation, step, error)

    def _fall(self, operation: Operation, step: Step, error: UpstreamError) -> bool:
        """Sort an upstream error: not sent, failed, or lost."""
        if step.status is StepStatus.RUNNING and not isinstance(error, TokenLost):
            return True  # the token is still good: the next poll tells
        if step.status is StepStatus.SETTLING:
            return True  # not readable now: the next poll looks again
        if not command_of(step).effect.changes:
            again = isinstance(error, AnswerLost) or _passes(error)
            return (
                _wait(step) if again and _waits(operation, step) else fail(operation, step, error)
            )
        if step.status is StepStatus.QUEUED or isinstance(error, NotSent):
            return _not_sent(operation, step, error)
        log.warning("operation.answer_lost", operation=operation.id, command=step.command)
        step.status = StepStatus.SETTLING
        return False

    def _settle(self, operation: Operation, step: Step) -> bool:
        step.status = StepStatus.SETTLING
        finding = settle(self.reader, step, str(operation.deployment), self._instance_of(operation))
        log.info("operation.settled", operation=operation.id, finding=finding.value)
        if finding is Finding.DONE:
            succeed(step, "read", None)
        elif _gives_up(operation, step, finding):
            return leave(operation, step, StepStatus.CANCELLED)
        elif finding is Finding.ABSENT and step.attempts < MAX_ATTEMPTS:
            _wait(step)
        elif finding is Finding.UNDECIDED:
            end(operation, OperationStatus.UNKNOWN, step)
        else:
            return fail(operation, step, not_done(operation, step))
        return False


def _cancel(client: Client, step: Step) -> None:
    """Pass the wish on; one that does not arrive is passed on again at the next poll."""
    if step.cancel_sent:
        return
    try:
        client.cancel(str(step.token))
    except TokenLost:
        raise
    except UpstreamError as error:
        log.warning("operation.cancel_not_sent", command=step.command, error=error.code)
    else:
        step.cancel_sent = True


def _cancelled(operation: Operation, step: Step) -> bool:
    """Look whether what is made once only was made all the same: the wish may come too late."""
    if command_of(step).effect not in ONCE_ONLY:
        return leave(operation, step, StepStatus.CANCELLED)
    step.status, step.evidence = StepStatus.SETTLING, CANCELLED
    return False


def _gives_up(operation: Operation, step: Step, finding: Finding) -> bool:
    """Whether it stays unsent: SPE has cancelled it, or it is absent and nobody wants it now."""
    wanted = step.always or not operation.cancel_requested
    is_proved = finding is Finding.ABSENT and command_of(step).effect in ONCE_ONLY
    return step.evidence == CANCELLED or (is_proved and not wanted)


def _begun(operation: Operation) -> bool:
    """Whether the deployment is another one already because of this operation."""
    return any(
        step.status is StepStatus.SUCCEEDED and command_of(step).effect.changes
        for step in operation.steps
    )


def _passes(error: UpstreamError) -> bool:
    """Whether it may be otherwise later: by itself, or because a person has looked and said so."""
    return error.retryable or isinstance(error, CertificateRejected)


def _waits(operation: Operation, step: Step) -> bool:
    """Whether a step that could not be sent is sent later: what is half done is carried on."""
    return _begun(operation) and not step.tolerant


def _wait(step: Step) -> bool:
    """Have a step sent again, without what its last try has left."""
    step.status, step.token, step.version = StepStatus.QUEUED, None, 0
    return True


def _not_sent(operation: Operation, step: Step, error: UpstreamError) -> bool:
    """Take a try back that the deployment has not seen; a lost one before it stays open."""
    if step.status is StepStatus.SENDING:
        step.attempts -= 1
    if step.attempts:
        step.status = StepStatus.SETTLING
        return True
    if _passes(error) and _waits(operation, step):
        return _wait(step)
    return fail(operation, step, error)


def _stumble(operation: Operation, step: Step, error: GatewayError) -> bool:
    """Fail on an error of our own, unless the step may have been carried out.

    Raises:
        StorageUnavailable: it was about to be sent; whoever has the lease next finds out.
    """
    if step.status in {StepStatus.RUNNING, StepStatus.SETTLING}:
        return True
    if step.status is StepStatus.SENDING and isinstance(error, StorageUnavailable):
        raise error
    return fail(operation, step, error)
