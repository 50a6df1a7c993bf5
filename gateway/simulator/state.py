"""What a deployment consists of, and the file that keeps it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from .archive import Archive, read_archive


@dataclass
class Host:
    """An Instance Host."""

    server_name: str
    port: int
    thumbprint: str
    base_directory: str | None = None


@dataclass
class Instance:
    """An instance as the management database knows it."""

    instance_id: str
    instance_host: str
    base_directory: str
    alias: str | None = None
    display_name: str | None = None
    start_mode: str = "automatic"
    debug_log_enabled: bool = False
    imap_server_connection_log_enabled: bool = False
    vss_writer_enabled: bool = False
    vss_writer_exclude_indexes: bool = False
    status: str = "stopped"
    process_id: int | None = None
    process_unique_id: str | None = None
    process_started: float = 0.0
    start_stop_error: str | None = None
    archive_admin_enabled: bool = False

    @property
    def running(self) -> bool:
        """Whether a process serves the instance, in whichever mode."""
        return self.status in {"running", "safeMode"}

    @property
    def directory(self) -> str:
        """The key of the data on disk, which outlives the instance."""
        return disk_key(self.instance_host, self.base_directory)


@dataclass
class StoreFiles:
    """The files of an archive store in their directory.

    Attributes:
        old_format: of a database that is too old to attach.
        broken: the database can only be recovered.
        damaged: how many of the messages a verification finds damaged.
        expired: how many of the messages a retention policy would delete.
        identifier: of the recovery key that unlocks them; None where nothing is locked.
        passphrase_sha256: of that key.
    """

    messages: int
    size: int
    old_format: bool = False
    broken: bool = False
    damaged: int = 0
    expired: int = 0
    identifier: str | None = None
    passphrase_sha256: str | None = None


@dataclass
class Administrator:
    """An administrator of the whole installation."""

    user_name: str
    full_name: str | None = None
    email_address: str | None = None
    mfa_status: str = "disabled"
    password_sha256: str | None = None
    api_password_sha256: str | None = None


@dataclass
class State:
    """Everything that a restart of the machine leaves as it is.

    Attributes:
        directories: made through the API, by host.
        system_smtp: the settings for mail to administrators.
        mails: what was sent with them.
        branding_loads: how often the branding was loaded anew.
    """

    archives: dict[str, Archive] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    client_access_servers: dict[str, Host] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    administrators: dict[str, Administrator] = field(default_factory=dict)
    disk: dict[str, StoreFiles] = field(default_factory=dict)
    directories: dict[str, list[str]] = field(default_factory=dict)
    system_smtp: dict[str, Any] = field(default_factory=dict)
    mails: list[dict[str, Any]] = field(default_factory=list)
    branding_loads: int = 0
    last_process_id: int = 3000

    def text(self) -> str:
        """Return the state as JSON."""
        return _dump(self)

    def digest(self) -> str:
        """Return the SHA-256 of the state."""
        return sha256(self.text().encode()).hexdigest()

    def document(self) -> Any:  # noqa: ANN401 - a JSON document
        """Return the state as plain JSON values."""
        return json.loads(self.text())


def disk_key(host: str, path: str) -> str:
    """Return the key of a directory: Windows compares paths without case."""
    return f"{host}|{path.replace('/', chr(92)).rstrip(chr(92))}".casefold()


MAPPINGS: dict[str, Callable[..., Any]] = {
    "hosts": Host,
    "client_access_servers": Host,
    "instances": Instance,
    "administrators": Administrator,
    "disk": StoreFiles,
}


def read(text: str) -> State:
    """Return the state that `State.text` wrote."""
    document = json.loads(text)
    mappings = {
        name: {key: kind(**entry) for key, entry in document.get(name, {}).items()}
        for name, kind in MAPPINGS.items()
    }
    archives = {key: read_archive(entry) for key, entry in document["archives"].items()}
    return State(**{**document, **mappings, "archives": archives})


class Keeper(Protocol):
    """What keeps the state."""

    def save(self, state: State, touched: set[str]) -> bool | None:
        """Keep the state; return whether it is another one than before, None if unknown."""


class Forgetful:
    """Keeps nothing, and compares nothing: both would cost more than the commands themselves."""

    def save(self, state: State, touched: set[str]) -> None:
        """Do nothing."""


class StateFile:
    """The state's place on disk; a reader finds the old or the new text, never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text: str | None = None
        self._archives: dict[str, str] = {}

    def load(self) -> State | None:
        """Return the kept state, or None on the first start."""
        if not self._path.exists():
            return None
        self._text = self._path.read_text(encoding="utf-8")
        return read(self._text)

    def save(self, state: State, touched: set[str]) -> bool:
        """Keep the state.

        Args:
            state: all of it.
            touched: the archives that may differ from the last time. The others' text is used
                again, because writing thousands of them anew would slow every change.

        Returns:
            whether the state differs from the one kept before.
        """
        text = self._compose(state, touched)
        if text == self._text:
            return False
        draft = self._path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._path)
        self._text = text
        return True

    def _compose(self, state: State, touched: set[str]) -> str:
        for key in state.archives.keys() & (
            touched | (state.archives.keys() - self._archives.keys())
        ):
            self._archives[key] = _dump(state.archives[key])
        archives = ", ".join(f"{_dump(key)}: {self._archives[key]}" for key in state.archives)
        rest = _dump({**vars(state), "archives": {}})
        return rest.replace('"archives": {}', f'"archives": {{{archives}}}', 1)


def _dump(part: Any) -> str:  # noqa: ANN401 - any part of the state
    return json.dumps(part, default=vars, ensure_ascii=False)
