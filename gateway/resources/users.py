"""Users of an instance. Deleting one keeps the archived mail."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.plan import Invocation
from gateway.errors import InputFault, InvalidInput
from gateway.model import Operation
from gateway.spe.commands.users import CREATE_USER, DELETE_USER, GET_USER_INFO, GET_USERS
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, listed, object_of, rows_of, services, shown
from gateway.web.fields import Choice, ListOf, Part, Secret, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint(
    "users", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/users"
)

PRIVILEGES = (
    "none",
    "admin",
    "login",
    "changePassword",
    "archive",
    "modifyArchiveProfiles",
    "export",
    "modifyExportProfiles",
    "delete",
)
LOGIN_PRIVILEGES = ("none", "windows", "web", "outlook", "windowsCmd", "imap", "api")
AUTHENTICATIONS = ("integrated", "directoryServices")
RESERVED = "$"


class UserSchema(Schema):
    """A user, as lists show it."""

    user_name = Text("The name it logs in with.", required=True, dump_only=True)
    full_name = Text("The name shown to people.", allow_none=True, min_length=0, dump_only=True)
    distinguished_name = Text("Its LDAP DN.", allow_none=True, min_length=0, dump_only=True)
    mfa_status = Text("SPE's word for its second factor.", allow_none=True, dump_only=True)


class UserFolderPrivilegesSchema(Schema):
    """What a user may do in one folder."""

    folder = Text("The folder.", min_length=0, required=True, dump_only=True)
    privileges = ListOf(
        Choice(("none", "read", "write", "delete")), "What it may do.", dump_only=True
    )


class UserDetailsSchema(Schema):
    """A user with all that SPE tells of it."""

    user_name = Text("The name it logs in with.", required=True, dump_only=True)
    full_name = Text("The name shown to people.", allow_none=True, min_length=0, dump_only=True)
    distinguished_name = Text("Its LDAP DN.", allow_none=True, min_length=0, dump_only=True)
    authentication = Choice(AUTHENTICATIONS, "Who checks its password.", dump_only=True)
    mfa_status = Text("SPE's word for its second factor.", allow_none=True, dump_only=True)
    email_addresses = ListOf(Text(), "Its addresses.", allow_none=True, dump_only=True)
    pop3_user_names = ListOf(
        Text(), "Its POP3 names.", allow_none=True, dump_only=True, data_key="pop3UserNames"
    )
    privileges = ListOf(Choice(PRIVILEGES), "What it may do.", allow_none=True, dump_only=True)
    login_privileges = ListOf(
        Choice(LOGIN_PRIVILEGES), "How it may log in.", allow_none=True, dump_only=True
    )
    privileges_on_folders = ListOf(
        Part(UserFolderPrivilegesSchema),
        "Absent for administrators, who may read all.",
        allow_none=True,
        dump_only=True,
    )


class UserCreateSchema(Schema):
    """A user to be made."""

    user_name = Text("The name it logs in with.", max_length=255, required=True)
    privileges = ListOf(
        Choice(PRIVILEGES), "What it may do; `admin` needs users:admin.", load_default=["login"]
    )
    full_name = Text("The name shown to people.", max_length=255)
    distinguished_name = Text("Its LDAP DN.", max_length=1024)
    authentication = Choice(AUTHENTICATIONS, "Who checks its password.")
    password = Secret("Its password, for `integrated` authentication.", max_length=255)
    login_privileges = ListOf(
        Choice(LOGIN_PRIVILEGES), "How it may log in; left out, in every way."
    )


UserPage = page_of(UserSchema)

ARGUMENTS = {
    "user_name": "userName",
    "privileges": "privileges",
    "full_name": "fullName",
    "distinguished_name": "distinguishedName",
    "authentication": "authentication",
    "password": "password",
    "login_privileges": "loginPrivileges",
}


def creation(body: dict[str, Any], pointer: str = "") -> dict[str, Any]:
    """Return the arguments of CreateUser.

    Raises:
        InvalidInput: the name is reserved by SPE.
    """
    require_ordinary(body["user_name"], f"{pointer}/userName")
    return {ARGUMENTS[name]: value for name, value in body.items()}


def require_ordinary(user_name: str, pointer: str) -> None:
    """Refuse names that SPE keeps for itself, such as ``$archiveadmin``.

    Raises:
        InvalidInput: it is one of them.
    """
    if user_name.startswith(RESERVED):
        fault = InputFault(pointer, "RESERVED_NAME", "Names with $ in front belong to SPE.")
        raise InvalidInput([fault])


def needed_for(bodies: list[dict[str, Any]]) -> list[Permission]:
    """Return the permissions that the wished privileges need besides the operation's own."""
    admin = any("admin" in body["privileges"] for body in bodies)
    return [Permission.USERS_ADMIN] if admin else []


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all users."""
    rows = rows_of(found.steps[-1].result, "userName")
    return {"items": [shown(UserSchema, row) for row in rows], "nextCursor": None}


def details_shape(found: Operation) -> dict[str, Any]:
    """Return one user."""
    return shown(UserDetailsSchema, object_of(found.steps[-1].result))


@blp.route("")
class Users(MethodView):
    """The collection."""

    @operation(
        blp,
        "listUsers",
        permission=Permission.USERS_READ,
        commands=(GET_USERS,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, UserPage)
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the users."""
        found = services().broker.call(caller(), instance, [Invocation(GET_USERS)])
        return listed(found, query, "userName")

    @operation(
        blp,
        "createUser",
        permission=Permission.USERS_CREATE,
        commands=(CREATE_USER, GET_USER_INFO),
        asynchronous=True,
        errors=(409,),
        shape=details_shape,
    )
    @blp.arguments(UserCreateSchema, example={"userName": "jane", "fullName": "Jane Doe"})
    @blp.response(201, UserDetailsSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create a user."""
        wishes = [
            Invocation(CREATE_USER, creation(body)),
            Invocation(GET_USER_INFO, {"userName": body["user_name"]}),
        ]
        more = needed_for([body])
        return answer(services().broker.call(caller(), instance, wishes, *more), 201)


@blp.route("/<name:user>")
class OneUser(MethodView):
    """One user."""

    @operation(
        blp,
        "getUser",
        permission=Permission.USERS_READ,
        commands=(GET_USER_INFO,),
        asynchronous=True,
        errors=(409,),
        shape=details_shape,
    )
    @blp.response(200, UserDetailsSchema)
    def get(self, instance: str, user: str) -> Response:
        """Show a user with its privileges and addresses."""
        wish = Invocation(GET_USER_INFO, {"userName": user})
        return answer(services().broker.call(caller(), instance, [wish]))

    @operation(
        blp,
        "deleteUser",
        permission=Permission.USERS_DELETE,
        commands=(DELETE_USER,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, instance: str, user: str) -> Response:
        """Delete a user; the archived mail stays."""
        require_ordinary(user, "/path/user")
        wish = Invocation(DELETE_USER, {"userName": user})
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)
