"""The program as drills start it: every fail point armed, and short leases.

``python -m tests.faults.kills.armed FOLDER serve --bind 127.0.0.1:0`` is ``spe-gateway serve …``
that looks for orders in a folder whenever it passes a point. It is in no wheel.
"""

import os
import signal
import sys
from collections.abc import Collection
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from gateway.cli import main
from tests.faults.events.points import TELLING
from tests.faults.kills.orders import Order, Orders
from tests.faults.kills.points import POINTS, arm

ROLES = {"serve": "gateway", "worker": "worker"}
LEASE = timedelta(seconds=1.5)
DELIVERY_LEASE = timedelta(seconds=5)
"""Longer than a try takes on a loaded machine; one that takes longer is only made once more."""

DELAYS = tuple(map(timedelta, (0,) * 10, (0, 1, 1, 2, 2, 3, 5, 5, 10, 10)))
"""As many tries as in production: a receiver that is dead for half a minute loses nothing."""

CONSTANTS: dict[tuple[str, str], Any] = {
    ("gateway.storage.operations", "LEASE"): LEASE,
    ("gateway.storage.idempotency_keys", "LEASE"): LEASE,
    ("gateway.storage.deliveries", "LEASE"): DELIVERY_LEASE,
    ("gateway.events.deliverer", "DELAYS"): DELAYS,
}
"""What is shorter than in production, so that a drill need not wait for minutes or days."""


class Trap:
    """Carries out what is ordered for this process.

    Args:
        orders: where to look.
        role: what this process is.
    """

    def __init__(self, orders: Orders, role: str) -> None:
        self._orders = orders
        self._role = role
        self._lock = Lock()

    def __call__(self, point: str, commands: Collection[str]) -> None:
        """Pass a point, or die there."""
        if not commands:
            return
        with self._lock:
            order = self._orders.pending()
            if order is None or not order.is_for(self._role, point, commands):
                return
            if self._orders.passings(order) > order.skip and self._orders.take(order):
                self._die(order)

    def _die(self, order: Order) -> None:
        self._orders.note(order)
        number = signal.Signals[order.signal]
        if order.victim == "group":
            os.killpg(os.getpgid(0), number)
        signal.pthread_kill(get_ident(), number)  # hits this thread first: it goes no further


def set_constants() -> None:
    """Shorten the leases of this process."""
    for (module, name), value in CONSTANTS.items():
        owner = import_module(module)
        getattr(owner, name)
        setattr(owner, name, value)


if __name__ == "__main__":
    folder, *words = sys.argv[1:]
    set_constants()
    trap = Trap(Orders(Path(folder)), ROLES[words[0]])
    for each in (*POINTS, *TELLING):
        arm(each, trap)
    sys.argv = ["spe-gateway", *words]
    main()
