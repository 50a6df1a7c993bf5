"""The example of an environment holds every setting, and is one."""

import re

import pytest

from gateway.setting_fields import defaults
from gateway.settings import PREFIX, Settings
from tests.architecture.tree import ROOT

LINE = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def example() -> dict[str, str]:
    """Return the settings of the example, also those that are commented out."""
    return dict(LINE.findall((ROOT / ".env.example").read_text()))


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(example()) == {PREFIX + name.upper() for name in defaults(Settings)}


def test_the_example_can_be_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in example().items():
        monkeypatch.setenv(name, value)

    settings = Settings.from_environment()

    assert settings.issuer == "https://gateway.example.com"
    assert settings.deployment_networks == ("10.20.0.0/16",)


def test_what_is_commented_out_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / ".env.example").read_text()
    for name, value in re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE):
        monkeypatch.setenv(name, value)

    found = Settings.from_environment()

    changed = {name for name in defaults(Settings) if getattr(found, name) != default(name)}
    assert changed == {"home"}  # it is expanded


def default(name: str) -> object:
    """Return the default of a setting."""
    return defaults(Settings)[name]
