import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.storage.vault import KEY_FILE, Vault, create_keys, load_keys

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@given(JSON)
def test_what_was_sealed_opens_again(value: object) -> None:
    vault = Vault([OLD])
    assert vault.open(vault.seal(value)) == value


def test_what_is_sealed_shows_nothing_and_never_looks_the_same() -> None:
    vault = Vault([OLD])
    sealed = [vault.seal("CANARY") for _ in range(2)]
    assert "CANARY" not in sealed[0]
    assert sealed[0] != sealed[1]


def test_a_new_first_key_seals_and_the_old_one_still_opens() -> None:
    before = Vault([OLD]).seal("kept")
    rotated = Vault([NEW, OLD])
    assert rotated.open(before) == "kept"
    assert Vault([NEW]).open(rotated.seal("anew")) == "anew"


SPOILT = {"of another key": Vault([OLD]).seal("kept"), "empty": "", "plain": "garbage"}


@pytest.mark.parametrize(
    "sealed", [*SPOILT.values(), "gAAAAA==", "é"], ids=[*SPOILT, "cut", "not ASCII"]
)
def test_a_wrong_key_or_a_spoilt_text_is_no_answer(sealed: str) -> None:
    with pytest.raises(StorageUnavailable):
        Vault([NEW]).open(sealed)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "not base64!"]])
def test_useless_keys_are_refused_at_once(keys: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        Vault(keys)


def test_the_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    keys = create_keys(home)
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert load_keys(home, "") == keys


def test_a_second_set_up_keeps_the_first_key(tmp_path: Path) -> None:
    keys = create_keys(tmp_path)
    with pytest.raises(ConfigurationError, match="set up already"):
        create_keys(tmp_path)
    assert load_keys(tmp_path, "") == keys


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        create_keys(tmp_path / "file" / "home")


def test_keys_may_come_from_the_settings_alone(tmp_path: Path) -> None:
    assert load_keys(tmp_path, f"{NEW}, {OLD},") == [NEW, OLD]


def test_keys_that_differ_from_the_file_are_refused(tmp_path: Path) -> None:
    keys = create_keys(tmp_path)
    assert load_keys(tmp_path, keys[0]) == keys
    with pytest.raises(ConfigurationError, match="differs"):
        load_keys(tmp_path, NEW)


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_keys(tmp_path, "")
