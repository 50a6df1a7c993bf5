"""What the checks stand on: the settings, and the database and the keys if they can be had."""

from dataclasses import dataclass

from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.storage.vault import Vault


@dataclass(frozen=True)
class Ground:
    """What is looked at.

    Attributes:
        settings: of the gateway.
        database: None when it cannot be used; a check of its own says why.
        vault: None when there are no usable master keys; likewise.
    """

    settings: Settings
    database: Database | None
    vault: Vault | None
