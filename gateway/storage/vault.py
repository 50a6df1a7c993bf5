"""Secrets at rest: encrypted with the first master key, readable with any of them."""

import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gateway.errors import ConfigurationError, StorageUnavailable

KEY_FILE = "master.keys"


class Vault:
    """Encrypts and decrypts texts and JSON values.

    Args:
        keys: Fernet keys (32 bytes, URL-safe base64); the first encrypts.

    Raises:
        ConfigurationError: there is no key, or one is no Fernet key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ConfigurationError(
                "There is no master key: restore master.keys from your backup, or set "
                "SPE_GATEWAY_MASTER_KEYS; only for a new gateway, run 'spe-gateway init'."
            )
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise ConfigurationError(
                "A master key is not 32 bytes in URL-safe base64 (SPE_GATEWAY_MASTER_KEYS)."
            ) from None
        self._first, self._fernet = fernets[0], MultiFernet(fernets)
        self.keys = tuple(keys)

    def seal(self, value: object) -> str:
        """Encrypt any JSON value."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, sealed: str) -> Any:  # noqa: ANN401 - any JSON value
        """Decrypt what ``seal`` made.

        Raises:
            StorageUnavailable: none of the master keys fits.
        """
        try:
            return json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            raise StorageUnavailable(
                "A stored secret cannot be decrypted; is the right master key in place?"
            ) from None

    def is_newest(self, sealed: str) -> bool:
        """Whether it is encrypted with the first master key."""
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def renewed(self, sealed: str) -> str:
        """Encrypt with the first master key what any of them encrypted.

        Raises:
            StorageUnavailable: none of the master keys fits.
        """
        return self.seal(self.open(sealed))


def load_keys(home: Path, configured: str) -> list[str]:
    """Find the master keys: from the settings, or from the file in the home folder.

    Raises:
        ConfigurationError: both are there and differ, and nobody can say which is right; or
            others may read the file.
    """
    given = [key.strip() for key in configured.split(",") if key.strip()]
    stored = _read(home / KEY_FILE)
    if given and stored and given != stored:
        raise ConfigurationError(
            f"SPE_GATEWAY_MASTER_KEYS differs from {home / KEY_FILE}: keep one of them."
        )
    return given or stored


def _read(path: Path) -> list[str]:
    try:
        keys, mode = path.read_text().split(), path.stat().st_mode
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} does not hold keys.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"{path} is open to other users: run 'chmod 600 {path}'.")
    return keys


def create_keys(home: Path) -> list[str]:
    """Make a first master key and write it to a file with mode 0600.

    Raises:
        ConfigurationError: there is one already, or it cannot be written.
    """
    path = home / KEY_FILE
    key = Fernet.generate_key().decode()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=home, prefix=KEY_FILE) as file:  # its mode is 0600
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)  # whole or not at all, and never over another
    except FileExistsError:
        raise ConfigurationError(f"{path} exists: this home is set up already.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    return [key]
