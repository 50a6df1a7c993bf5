"""Who somebody is at which gateway, kept between commands: profiles in a file of their own."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from gateway.cli.failure import Failure
from gateway.settings import config_folder

NAME: Final = "profiles.json"
DEFAULT: Final = "default"
"""The profile that is meant where none is named."""

OTHERS: Final = 0o077
"""Bits of a mode that let other users in."""


@dataclass(frozen=True)
class Profile:
    """A client at a gateway.

    Attributes:
        url: of the gateway.
        client_id: of the client.
        client_secret: of the client.
        plain_http: whether the secret may cross a network unencrypted, as somebody said.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    plain_http: bool = False


@dataclass(frozen=True)
class Profiles:
    """All profiles of a user.

    Attributes:
        chosen: the name of the one in use.
        known: each by its name.
    """

    chosen: str = DEFAULT
    known: Mapping[str, Profile] = field(default_factory=dict)

    def having(self, name: str, profile: Profile) -> Self:
        """Return these and another one, which is the one in use."""
        return replace(self, chosen=name, known={**self.known, name: profile})

    def without(self, name: str) -> Self:
        """Return the others."""
        return replace(self, known={key: self.known[key] for key in self.known if key != name})

    def named(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            Failure: there is none of this name.
        """
        if name in self.known:
            return self.known[name]
        names = ", ".join(sorted(self.known)) or "none yet"
        raise Failure(
            f"There is no profile {name}. There is: {names}. "
            f"Make it with 'spe-gateway login --profile {name}'."
        )


def profiles_path() -> Path:
    """Return where the profiles are kept."""
    return config_folder() / NAME


def read_profiles() -> Profiles:
    """Return the profiles of the user; none if none was ever kept.

    Raises:
        Failure: the file cannot be read, is none of ours, or others can read it.
    """
    path = profiles_path()
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except FileNotFoundError:
        return Profiles()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read.") from error
    if mode & OTHERS:
        raise Failure(f"Others may read the secrets in {path}: run 'chmod 600 {path}'.")
    return _profiles(text, path)


def write_profiles(profiles: Profiles) -> None:
    """Keep profiles, for this user only; all of them or, if that fails, those of before.

    Raises:
        Failure: the folder or the file cannot be written.
    """
    path = profiles_path()
    new = path.with_name(f"{NAME}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(json.dumps(_document(profiles), indent=2) + "\n")
        new.replace(path)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from error


def _document(profiles: Profiles) -> dict[str, Any]:
    known = {name: asdict(profile) for name, profile in profiles.known.items()}
    return {"chosen": profiles.chosen, "profiles": known}


def _profiles(text: str, path: Path) -> Profiles:
    try:
        told = json.loads(text)
        known = {name: Profile(**each) for name, each in told["profiles"].items()}
        return Profiles(told["chosen"], known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Failure(
            f"{path} is not what 'spe-gateway login' writes: move it away, and sign in again."
        ) from error
