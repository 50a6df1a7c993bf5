"""What the environment may say, and what is said where it says something else."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.setting_fields import Secret
from gateway.settings import PREFIX, Settings, told


@pytest.fixture(autouse=True)
def _nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in told():
        monkeypatch.delenv(PREFIX + name.upper())


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("token_seconds", "60", 60),
        ("trace_share", "0.5", 0.5),
        ("tracker", "false", False),
        ("tracker", "on", True),
        ("home", "/srv/gateway", Path("/srv/gateway")),
        ("master_keys", "a,b", Secret("a,b")),
        ("redis_url", "", ""),
        ("redis_url", "rediss://host", "rediss://host"),
        ("webhook_networks", "10.0.0.0/8, fd00::/8", ("10.0.0.0/8", "fd00::/8")),
        ("report_domains", "Example.COM,*", ("example.com", "*")),
        ("report_domains", "", ()),
        ("trusted_issuers", " ", ()),
    ],
)
def test_what_is_written_becomes_a_value(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, value: object
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), written)

    assert getattr(Settings.from_environment(), name) == value
    assert told() == {name: written}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("token_seconds", "59"),
        ("token_seconds", "901"),
        ("token_seconds", "60.5"),
        ("token_seconds", ""),
        ("trace_share", "1.1"),
        ("trace_share", "nan"),
        ("tracker", "perhaps"),
        ("client_rate", "0/minute"),
        ("client_rate", "1/minute\n"),
        ("log_level", "loud"),
        ("issuer", "gateway.example.com"),
        ("url", "https://host/path"),
        ("deployment_networks", "10.0.0.1/8"),
        ("report_domains", "a_b.example"),
        ("trusted_issuers", "5"),
        ("trusted_issuers", "{"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), written)

    with pytest.raises(ConfigurationError, match=rf"\A{PREFIX}{name.upper()}: .+\Z"):
        Settings.from_environment()


def test_a_fault_within_a_list_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = '[{"issuer": "x", "jwksUri": "http://h/keys", "audience": "a"}]'
    monkeypatch.setenv(f"{PREFIX}TRUSTED_ISSUERS", issuer)

    with pytest.raises(ConfigurationError, match=r"_TRUSTED_ISSUERS_0_JWKSURI: "):
        Settings.from_environment()


def test_a_copy_is_checked_too() -> None:
    settings = Settings(http_threads=4)

    assert replace(settings, streams=1).http_threads == 4
    with pytest.raises(ConfigurationError, match=f"{PREFIX}STREAMS: "):
        replace(settings, streams=256)


def test_a_secret_is_not_shown() -> None:
    settings = Settings(client_secret=Secret("hush"))

    assert "hush" not in f"{settings} {settings.client_secret} {[settings.client_secret]}"
