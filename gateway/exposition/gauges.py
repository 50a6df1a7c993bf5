"""What one process is doing at this moment."""

import resource
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy import QueuePool

from gateway.factory import Gateway
from gateway.measures import families
from gateway.measures.meters import meters

_STATM: Final = Path("/proc/self/statm")
_PAGE: Final = resource.getpagesize()


def show(gateway: Gateway) -> None:
    """Show what the process is doing.

    Args:
        gateway: of this process.
    """
    known = meters()
    running, waiting = gateway.services.broker.load()
    known.show(families.LANES, running, "running")
    known.show(families.LANES, waiting, "waiting")
    known.show(families.CARRIED, gateway.services.broker.ledger.leases.count())
    known.show(families.STREAMS, gateway.streams.count)
    known.show(families.WEBHOOKS_NOW, gateway.deliverer.sending)
    known.show(families.PROCESSES, 1)
    known.show(families.BUILD, 1, version("spe-gateway"))
    known.show(families.MEMORY, int(_STATM.read_text().split()[1]) * _PAGE)
    pool = gateway.services.database.engine.pool
    if isinstance(pool, QueuePool):
        known.show(families.DATABASE_CONNECTIONS, pool.checkedout(), "busy")
        known.show(families.DATABASE_CONNECTIONS, pool.checkedin(), "idle")
