import hashlib

import pytest

from tests.simulated import Control
from tests.simulator.client import Client

JANE = {"instanceID": "acme", "userName": "jane"}


def info(client: Client, name: str = "jane") -> dict[str, object]:
    return client.result("GetUserInfo", instanceID="acme", userName=name)


def test_users_need_service_provider_access(acme: Client) -> None:
    acme.result("SetArchiveAdminEnabled", instanceID="acme", enabled="false")
    expected = "Archive admin access is not enabled for this instance."

    assert acme.refusal("GetUsers", instanceID="acme") == expected
    assert acme.refusal("GetUserInfo", **JANE) == expected
    assert acme.refusal("DeleteUser", **JANE) == expected
    assert acme.refusal("CreateClientOneTimeUrlForArchiveAdmin", instanceID="acme") == expected


def test_the_archive_admin_is_listed(acme: Client) -> None:
    users = acme.result("GetUsers", instanceID="acme")

    assert [user["userName"] for user in users] == ["$archiveadmin", "jane"]
    assert list(users[1]) == ["userName", "fullName", "distinguishedName", "mfaStatus"]


def test_a_user_is_created_with_all_login_privileges(acme: Client) -> None:
    acme.result(
        "CreateUser", instanceID="acme", userName="john", privileges="login, changePassword"
    )

    assert list(info(acme, "john").items()) == [
        ("userName", "john"),
        ("fullName", None),
        ("distinguishedName", None),
        ("authentication", "integrated"),
        ("mfaStatus", "disabled"),
        ("emailAddresses", []),
        ("pop3UserNames", []),
        ("privileges", ["login", "changePassword"]),
        ("loginPrivileges", ["windows", "web", "outlook", "windowsCmd", "imap"]),
        ("privilegesOnFolders", []),
    ]


def test_an_administrator_has_no_folders(acme: Client) -> None:
    acme.result("SetUserPrivileges", **JANE, privileges="admin")

    assert "privilegesOnFolders" not in info(acme)
    assert "privilegesOnFolders" not in info(acme, "$archiveadmin")


@pytest.mark.parametrize("privileges", ["admin,login", "none,login", "fly", ","])
def test_privileges_outside_the_reference_are_refused(acme: Client, privileges: str) -> None:
    message = acme.refusal("SetUserPrivileges", **JANE, privileges=privileges)

    assert message == "Specified argument was out of the range of valid values."


def test_every_setting_is_read_back(acme: Client) -> None:
    acme.result("SetUserFullName", **JANE, fullName="J. Doe")
    acme.result("SetUserAuthentication", **JANE, authentication="directoryServices")
    acme.result("SetUserDistinguishedName", **JANE, distinguishedName="CN=jane,DC=x")
    acme.result("SetUserEmailAddresses", **JANE, emailAddresses="a@x.example, b@x.example")
    acme.result("SetUserPop3UserNames", **JANE, pop3UserNames="jane,jd")
    acme.result("SetUserPrivileges", **JANE, privileges="login,export")
    acme.result("SetUserLoginPrivileges", **JANE, loginPrivileges="none")
    acme.result("SetUserPrivilegesOnFolder", **JANE, folder="jane", privileges="read,write")
    acme.result("InitializeMFA", **JANE)

    assert info(acme) == {
        "userName": "jane",
        "fullName": "J. Doe",
        "distinguishedName": "CN=jane,DC=x",
        "authentication": "directoryServices",
        "mfaStatus": "initialized",
        "emailAddresses": ["a@x.example", "b@x.example"],
        "pop3UserNames": ["jane", "jd"],
        "privileges": ["login", "export"],
        "loginPrivileges": [],
        "privilegesOnFolders": [{"folder": "jane", "privileges": ["read", "write"]}],
    }


def test_an_optional_value_left_out_is_removed(acme: Client) -> None:
    acme.result("SetUserFullName", **JANE)
    acme.result("SetUserEmailAddresses", **JANE, emailAddresses="a@x.example")
    acme.result("SetUserEmailAddresses", **JANE)

    assert (info(acme)["fullName"], info(acme)["emailAddresses"]) == (None, [])


def test_folder_privileges_go_one_by_one_or_all(acme: Client) -> None:
    for folder in ("one", "two"):
        acme.result("SetUserPrivilegesOnFolder", **JANE, folder=folder, privileges="read")
    acme.result("SetUserPrivilegesOnFolder", **JANE, folder="one", privileges="none")
    left = info(acme)["privilegesOnFolders"]
    acme.result("ClearUserPrivilegesOnFolders", **JANE)

    assert left == [{"folder": "two", "privileges": ["read"]}]
    assert info(acme)["privilegesOnFolders"] == []
    assert "top-level" in acme.refusal(
        "SetUserPrivilegesOnFolder", **JANE, folder="one/in", privileges="read"
    )


def test_a_password_is_kept_but_never_told(acme: Client, control: Control) -> None:
    acme.result("SetUserPassword", **JANE, password="canary")
    archive = next(iter(control.state()["archives"].values()))

    assert archive["users"]["jane"]["password_sha256"] == hashlib.sha256(b"canary").hexdigest()
    assert "canary" not in str(info(acme))


def test_renaming_keeps_the_folder(acme: Client) -> None:
    acme.result("SetUserPrivilegesOnFolder", **JANE, folder="jane", privileges="read")
    acme.result("RenameUser", instanceID="acme", oldUserName="jane", newUserName="janet")

    assert info(acme, "janet")["privilegesOnFolders"] == [
        {"folder": "jane", "privileges": ["read"]}
    ]
    assert acme.refusal("GetUserInfo", **JANE) == "The user 'jane' does not exist."


def test_deleting_a_user_keeps_the_mail(acme: Client) -> None:
    before = acme.result("GetInstanceStatistics", instanceID="acme")
    acme.result("DeleteUser", **JANE)

    assert acme.refusal("GetUserInfo", **JANE) == "The user 'jane' does not exist."
    assert acme.result("GetInstanceStatistics", instanceID="acme") == before


@pytest.mark.parametrize("name", ["jane", "$archiveadmin"])
def test_a_name_is_used_once(acme: Client, name: str) -> None:
    message = acme.refusal("CreateUser", instanceID="acme", userName=name, privileges="none")

    assert message == f"The user '{name}' already exists."


def test_mfa_is_switched_off_again(acme: Client) -> None:
    acme.result("InitializeMFA", **JANE)
    acme.result("DisableMFA", **JANE)

    assert info(acme)["mfaStatus"] == "disabled"


def test_a_one_time_url_differs_every_time(acme: Client) -> None:
    urls = {
        acme.result(
            "CreateClientOneTimeUrlForArchiveAdmin",
            instanceID="acme",
            instanceUrl="https://archive.example/acme/",
        )
        for _ in range(2)
    }

    assert len(urls) == 2
    assert all(url.startswith("https://archive.example/acme/?otp=") for url in urls)
