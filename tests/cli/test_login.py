"""``spe-gateway login``, ``logout``, ``whoami``: credentials that are kept, and for whom."""

import json
from pathlib import Path

import pytest

from gateway.cli.account import account_of
from gateway.cli.profile_file import profiles_path
from tests.cli.conftest import Program, Served
from tests.cli.program import environment, run
from tests.cli.terminal import terminal

ELSEWHERE = "https://gateway.example.com"


@pytest.fixture
def credentials(served: Served, tmp_path: Path) -> str:
    """A file as ``init`` prints it."""
    file = tmp_path / "operator.json"
    told = {"clientId": served.client_id, "clientSecret": served.client_secret}
    file.write_text(json.dumps(told))
    return str(file)


@pytest.fixture
def signed_in(served: Served, program: Program, credentials: str) -> None:
    """Somebody who has signed in."""
    said = program("login", "--url", served.url, "--credentials", credentials)
    assert said.status == 0, said.err


@pytest.mark.usefixtures("signed_in")
def test_the_credentials_are_kept_for_their_owner_only(served: Served) -> None:
    path = profiles_path()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["profiles.json"]
    assert json.loads(path.read_text())["profiles"]["default"]["url"] == served.url


@pytest.mark.usefixtures("signed_in")
def test_whoever_signed_in_is_known_to_the_commands_that_follow(
    served: Served, program: Program
) -> None:
    said = program("whoami")
    assert said.status == 0, said.err
    assert f"gateway       {served.url}\n" in said.out
    assert "signedInBy    the profile default\n" in said.out
    assert json.loads(program("whoami", "--json").out)["isOperator"] is True
    assert program("deployments", "show", "alpha").status == 0


def test_a_secret_that_is_not_accepted_is_not_kept(served: Served, program: Program) -> None:
    wrong = ("--client-id", served.client_id, "--secret-file", "/dev/null")
    assert program("login", "--url", served.url, *wrong).status == 1
    assert not profiles_path().exists()


def test_a_person_types_the_secret_and_nobody_sees_it(served: Served, tmp_path: Path) -> None:
    env = environment("/nonexistent") | {"XDG_CONFIG_HOME": str(tmp_path)}
    with terminal(["login", "--url", served.url, "--profile", "prod"], env) as person:
        person.wait_for("Client id:")
        person.type(served.client_id)
        person.wait_for("Client secret:")
        person.type(served.client_secret)
        status, out = person.end()
    assert (status, out.splitlines()[-1][:30]) == (0, "Kept as the profile prod in /t")
    assert served.client_secret not in person.screen


def test_a_script_reads_the_secret_from_a_file(
    served: Served, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(f"{served.client_secret}\n")
    given = ("--client-id", served.client_id, "--secret-file", str(tmp_path / "secret"))
    said = program("login", "--url", served.url, *given, "--json")
    assert json.loads(said.out)["client"] == served.client_id


def test_without_anybody_to_ask_it_says_what_to_give(served: Served) -> None:
    said = run(["login", "--url", served.url], environment("/nonexistent"))
    assert (said.returncode, said.stdout) == (1, "")
    assert "Give --credentials, or --client-id and --secret-file." in said.stderr


@pytest.mark.parametrize("url", ["http://gateway.example.com", "http://192.0.2.1:8080"])
def test_no_secret_crosses_a_network_in_the_open(
    program: Program, credentials: str, url: str
) -> None:
    said = program("login", "--url", url, "--credentials", credentials)
    assert said.status == 1
    assert "is not encrypted" in said.err
    assert "--plain-http" in said.err


def test_a_call_in_the_open_is_warned_about(capfd: pytest.CaptureFixture[str]) -> None:
    given = {"url": "http://gateway.example.com", "client_id": "cli", "client_secret": "s"}
    account_of(given)
    assert "is not encrypted" in capfd.readouterr().err
    account_of({**given, "url": "http://127.0.0.1:1"})
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("signed_in")
def test_a_profile_is_chosen_by_option_environment_and_last_of_all_by_itself(
    served: Served, program: Program, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--url", served.url, "--credentials", credentials)
    assert program("login", "--profile", "other", *given).status == 0
    assert "the profile other" in program("whoami").out
    monkeypatch.setenv("SPE_GATEWAY_PROFILE", "default")
    assert "the profile default" in program("whoami").out
    assert "the profile other" in program("whoami", "--profile", "other").out
    monkeypatch.setenv("SPE_GATEWAY_URL", served.url)
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_ID", served.client_id)
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_SECRET", served.client_secret)
    assert "the environment" in program("whoami").out
    assert "the profile other" in program("whoami", "--profile", "other").out
    access = ("--client-id", served.client_id, "--client-secret", served.client_secret)
    assert "signedInBy    options\n" in program("whoami", *access).out
    for name in ("PROFILE", "URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SPE_GATEWAY_{name}")
    assert json.loads(program("login", "--use", "default", "--json").out) == {"chosen": "default"}
    assert "is in use" in program("login", "--use", "other").out
    assert program("login", "--use", "nobody").status == 1
    listed = program("whoami", "--profiles").out.splitlines()
    assert [line.split()[0] for line in listed] == ["NAME", "default", "other"]
    assert listed[2].endswith("in use")


@pytest.mark.usefixtures("signed_in", "operator")
def test_a_client_of_the_environment_that_wins_over_a_profile_is_said_loudly(
    served: Served, program: Program, credentials: str
) -> None:
    login = program("login", "--url", served.url, "--credentials", credentials)
    use, me = program("login", "--use", "default"), program("whoami")
    listed = program("whoami", "--profiles")
    for said in (login, use, me, listed, program("whoami", "--json")):
        assert said.status == 0
        assert "The profile default is NOT in use: SPE_GATEWAY_CLIENT_ID" in said.err
        assert "'unset SPE_GATEWAY_URL SPE_GATEWAY_CLIENT_ID" in said.err
        assert "in use" not in said.out
    assert program("whoami", "--profile", "default").err == ""


@pytest.mark.usefixtures("signed_in")
def test_a_profile_that_the_environment_names_is_the_one_in_use(
    served: Served, program: Program, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPE_GATEWAY_PROFILE", "default")
    login = ("login", "--profile", "other", "--url", served.url, "--credentials", credentials)
    listed = program("whoami", "--profiles") if program(*login).status == 0 else None
    assert listed is not None
    assert "The profile other is NOT in use: SPE_GATEWAY_PROFILE" in listed.err
    assert [line.endswith("in use") for line in listed.out.splitlines()[1:]] == [True, False]


@pytest.mark.usefixtures("operator")
def test_the_secret_of_the_environment_goes_to_its_own_gateway_only(
    served: Served, program: Program
) -> None:
    other = ("--url", "http://127.0.0.1:1")
    for given in (other, (*other, "--client-id", "cli")):
        said = program("whoami", *given)
        assert said.status == 1
        assert "are not sent to http://127.0.0.1:1: set SPE_GATEWAY_URL" in said.err
    both = program("whoami", *other, "--client-id", "cli", "--client-secret", "s")
    assert "No gateway answers" in both.err
    assert program("whoami", "--url", f"{served.url}/").status == 0


def test_nobody_signs_in_elsewhere_with_the_secret_of_the_environment(served: Served) -> None:
    said = run(["login", "--url", "http://127.0.0.1:1"], served.env)
    assert "Give --credentials, or --client-id and --secret-file." in said.stderr


@pytest.mark.usefixtures("signed_in")
def test_the_secret_of_a_profile_goes_to_its_own_gateway_only(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = program("whoami", "--url", ELSEWHERE)
    monkeypatch.setenv("SPE_GATEWAY_URL", ELSEWHERE)
    for said in (refused, program("whoami")):
        assert said.status == 1
        assert f"its secret is not sent to {ELSEWHERE}" in said.err
    both = program("whoami", "--profile", "default", "--url", ELSEWHERE)
    assert "A profile is all of it" in both.err


@pytest.mark.usefixtures("signed_in")
def test_a_profile_is_forgotten(program: Program) -> None:
    assert "There is: default." in program("logout", "--profile", "nobody").err
    assert json.loads(program("logout", "--json").out) == {"forgotten": ["default"]}
    said = program("whoami")
    assert said.status == 1
    assert "spe-gateway login" in said.err
    assert program("logout", "--all", "--yes").out == "There is no profile.\n"


@pytest.mark.usefixtures("signed_in")
def test_a_file_that_others_can_read_is_not_used(program: Program) -> None:
    profiles_path().chmod(0o640)
    said = program("whoami")
    assert said.status == 1
    assert "run 'chmod 600 " in said.err


@pytest.mark.parametrize("text", ["[]", "{}", "nonsense", '{"chosen": 1, "profiles": {"a": {}}}'])
def test_a_file_that_is_none_of_ours_is_named(program: Program, text: str) -> None:
    path = profiles_path()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o600)
    assert "is not what 'spe-gateway login' writes" in program("whoami").err


@pytest.mark.parametrize("name", ["../x", "", "a b", "-x"])
def test_a_profile_has_a_plain_name(program: Program, credentials: str, name: str) -> None:
    said = program("login", f"--profile={name or '.'}", "--credentials", credentials)
    assert "is no name for a profile" in said.err


def test_what_is_no_url_and_no_credentials_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    file = str(tmp_path / "file")
    assert "is no URL" in program("login", "--url", "gateway", "--credentials", file).err
    assert "is no JSON with clientId" in program("login", "--credentials", file).err
