"""Orders to die: a drill writes one, and the armed process that passes its point carries it out.

They lie in a folder that the drill shares with all processes of its stack. Renaming the file is
how one process, and one thread of it, takes the order: it is carried out once.
"""

import json
import os
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Order:
    """Where a process dies, or stops.

    Attributes:
        point: a name of ``points.POINTS``.
        command: the changing command that is under way there.
        role: which process: ``gateway`` or ``worker``.
        skip: how often the point is passed unharmed, by all processes of the role together.
        signal: of ``signal.Signals``.
        victim: ``process``, or ``group`` for its parent and all other children as well.
        number: tells orders apart.
    """

    point: str
    command: str
    role: str = "gateway"
    skip: int = 0
    signal: str = "SIGKILL"
    victim: str = "process"
    number: str = field(default_factory=lambda: uuid.uuid4().hex)

    def is_for(self, role: str, point: str, commands: Collection[str]) -> bool:
        """Whether a process of a role dies where it is: at a point, with commands under way."""
        return self.role == role and self.point == point and self.command in commands


@dataclass(frozen=True)
class Fault:
    """An order that was carried out, as the process wrote it down before it died."""

    number: str
    process: str
    signal: str
    point: str
    command: str


class Orders:
    """The folder.

    Args:
        folder: is made if need be.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._pending = folder / "order.json"
        self._taken = folder / "taken.json"
        self._faults = folder / "faults.jsonl"
        self._passed = folder / "passed"

    def give(self, order: Order) -> None:
        """Have the next process that fits it die."""
        draft = self._pending.with_suffix(".new")
        draft.write_text(json.dumps(asdict(order)))
        draft.rename(self._pending)

    def withdraw(self) -> None:
        """Let everybody live."""
        self._pending.unlink(missing_ok=True)

    def pending(self) -> Order | None:
        """Return the order that nobody has carried out yet."""
        try:
            return Order(**json.loads(self._pending.read_text()))
        except FileNotFoundError:
            return None

    def passings(self, order: Order) -> int:
        """Count one more passing of the point of an order, and return how many there were."""
        with self._passed.open("a+") as file:
            file.write(f"{order.number}\n")
            file.flush()
            file.seek(0)
            return file.read().split().count(order.number)

    def take(self, order: Order) -> bool:
        """Take an order; false when another process was quicker."""
        try:
            self._pending.rename(self._taken)
        except FileNotFoundError:
            return False
        return bool(Order(**json.loads(self._taken.read_text())) == order)

    def note(self, order: Order) -> None:
        """Write down what happens to this process now."""
        process = f"{order.role} {os.getpid()}"
        done = Fault(order.number, process, order.signal, order.point, order.command)
        with self._faults.open("a") as file:
            file.write(json.dumps(asdict(done)) + "\n")

    def fault(self, order: Order) -> Fault | None:
        """Return what became of an order; None until it is carried out."""
        if not self._faults.exists():
            return None
        rows: list[dict[str, Any]] = [
            json.loads(line) for line in self._faults.read_text().splitlines() if line.endswith("}")
        ]
        return next((Fault(**row) for row in rows if row["number"] == order.number), None)
