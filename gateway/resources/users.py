"""Users of an instance. Deleting one keeps the archived mail."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.admission import observe_list
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.reader import Reader
from gateway.errors import CommandFailed, InputFault, InvalidInput
from gateway.model import Instance, Operation, now
from gateway.resources.users_schemas import (
    UserCreateSchema,
    UserPage,
    UserPatchSchema,
    UserQuery,
    UserSchema,
)
from gateway.spe.command import Command
from gateway.spe.commands.users import (
    CREATE_USER,
    DELETE_USER,
    GET_USER_INFO,
    GET_USERS,
    RENAME_USER,
    SET_USER_AUTHENTICATION,
    SET_USER_DISTINGUISHED_NAME,
    SET_USER_EMAIL_ADDRESSES,
    SET_USER_FULL_NAME,
    SET_USER_LOGIN_PRIVILEGES,
    SET_USER_POP3_USER_NAMES,
    SET_USER_PRIVILEGES,
)
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import (
    NO_CONTENT,
    answer,
    listed,
    located,
    object_of,
    rows_of,
    services,
    shown,
    tagged,
    versioned,
)
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.validation import validates

blp = Blueprint(
    "users", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/users"
)

RESERVED = "$"
BLANK = "\u200b\u2060\ufeff"
"""Characters without width, which SPE may trim as it trims spaces."""

READERS = 4
"""How many users are read at once for one answer."""

Note = Callable[[list[dict[str, Any]], datetime], None]
"""Takes down how many users there are: of all, and of the time before they were read."""

WRITABLE = (
    "userName",
    "fullName",
    "distinguishedName",
    "authentication",
    "emailAddresses",
    "pop3UserNames",
    "privileges",
    "loginPrivileges",
)
ARGUMENTS = {
    "user_name": "userName",
    "privileges": "privileges",
    "full_name": "fullName",
    "distinguished_name": "distinguishedName",
    "authentication": "authentication",
    "password": "password",
    "login_privileges": "loginPrivileges",
}
CHANGES: tuple[tuple[str, Command, str], ...] = (
    ("full_name", SET_USER_FULL_NAME, "fullName"),
    ("distinguished_name", SET_USER_DISTINGUISHED_NAME, "distinguishedName"),
    ("authentication", SET_USER_AUTHENTICATION, "authentication"),
    ("email_addresses", SET_USER_EMAIL_ADDRESSES, "emailAddresses"),
    ("pop3_user_names", SET_USER_POP3_USER_NAMES, "pop3UserNames"),
    ("privileges", SET_USER_PRIVILEGES, "privileges"),
    ("login_privileges", SET_USER_LOGIN_PRIVILEGES, "loginPrivileges"),
)
"""Field, command and argument of each change, in the order in which they are carried out."""

NONE_AS_WORD = frozenset({"privileges", "login_privileges"})
"""Lists that SPE empties by the word ``none``; the others by leaving the argument out."""


def creation(body: dict[str, Any], pointer: str = "") -> dict[str, Any]:
    """Return the arguments of CreateUser.

    Raises:
        InvalidInput: the name is reserved by SPE, or ``admin`` does not stand alone.
    """
    require_ordinary(body["user_name"], f"{pointer}/userName")
    require_alone(body["privileges"], f"{pointer}/privileges")
    return {ARGUMENTS[name]: sent(name, value) for name, value in body.items()}


def sent(name: str, value: object) -> object:
    """Return a field's value as SPE takes it; None leaves the argument out, which clears it."""
    if value == []:
        return ["none"] if name in NONE_AS_WORD else None
    return value


def require_ordinary(user_name: str, pointer: str) -> None:
    """Refuse names that SPE keeps for itself, such as ``$archiveadmin``.

    Raises:
        InvalidInput: it is one of them.
    """
    if user_name.strip().strip(BLANK).strip().startswith(RESERVED):
        fault = InputFault(pointer, "RESERVED_NAME", "Names with $ in front belong to SPE.")
        raise InvalidInput([fault])


def require_alone(privileges: list[str], pointer: str) -> None:
    """Refuse ``admin`` beside other privileges, which it includes.

    Raises:
        InvalidInput: it does not stand alone.
    """
    if "admin" in privileges and set(privileges) != {"admin"}:
        raise InvalidInput([InputFault(pointer, "NOT_ALONE", "admin stands alone.")])


def needed_for(bodies: list[dict[str, Any]]) -> list[Permission]:
    """Return the permissions that the wished privileges need besides the operation's own."""
    admin = any("admin" in body.get("privileges", ()) for body in bodies)
    return [Permission.USERS_ADMIN] if admin else []


def changes(user: str, body: dict[str, Any]) -> list[Invocation]:
    """Return the commands of a patch in their order: the new name last.

    Raises:
        InvalidInput: the new name is reserved by SPE, or ``admin`` does not stand alone.
    """
    require_ordinary(body.get("user_name", user), "/userName")
    require_alone(body.get("privileges", []), "/privileges")
    wishes = [
        Invocation(command, {"userName": user, argument: sent(name, body[name])})
        for name, command, argument in CHANGES
        if name in body
    ]
    if body.get("user_name", user) != user:
        names = {"oldUserName": user, "newUserName": body["user_name"]}
        wishes.append(Invocation(RENAME_USER, names))
    return wishes


def guarded(user: str, wishes: list[Invocation]) -> list[Invocation]:
    """Let commands about a user follow a look at it: at its version, and at what it may do.

    Args:
        user: is read before the first of them.
        wishes: commands that change it.
    """
    rules = ["spare-administrators", *[None] * len(wishes)]
    return [
        Invocation(GET_USER_INFO, {"userName": user}, check="require-version"),
        *(
            Invocation(wish.command, wish.arguments, prepare=rule)
            for wish, rule in zip(wishes, rules, strict=False)
        ),
    ]


def context_of() -> dict[str, Any]:
    """Return what an operation about one user needs to know."""
    allowed = Permission.USERS_ADMIN in caller().principal.permissions
    return {**versioned(GET_USER_INFO, WRITABLE), "mayAdminister": allowed}


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all users."""
    rows = rows_of(found.steps[-1].result, "userName")
    return {"items": [shown(UserSchema, row) for row in rows], "nextCursor": None}


def one_shape(found: Operation) -> dict[str, Any]:
    """Return one user."""
    return shown(UserSchema, object_of(found.steps[-1].result))


def created(found: Operation) -> Response:
    """Answer with the user who was made."""
    return located(tagged(found, 201), "userName")


def details(
    reader: Reader, instance: Instance, *, note: Note, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """Read a page of users, each with its details, a few at once; the list itself counts too.

    Returns:
        the users, and whether there are more.
    """
    time = now()
    rows = rows_of(reader.read(instance.deployment, GET_USERS, instance=instance), "userName")
    note(rows, time)
    names = [str(row["userName"]) for row in rows]
    rest = [name for name in names if after is None or name > after]
    with ThreadPoolExecutor(READERS) as pool:
        read = list(pool.map(partial(_detailed, reader, instance), rest[:limit]))
    return [shown(UserSchema, row) for row in read if row is not None], len(rest) > limit


def _detailed(reader: Reader, instance: Instance, name: str) -> dict[str, Any] | None:
    """Return a user, or None for one that was deleted since it was listed."""
    wish = {"userName": name}
    try:
        return object_of(reader.read(instance.deployment, GET_USER_INFO, wish, instance))
    except CommandFailed:
        rows = reader.rows(instance.deployment, GET_USERS, instance)
        if any(row.get("userName") == name for row in rows):
            raise
        return None


@blp.route("")
class Users(MethodView):
    """The collection."""

    @operation(
        blp,
        "listUsers",
        permission=Permission.USERS_READ,
        commands=(GET_USERS, GET_USER_INFO),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(UserQuery, location="query")
    @blp.response(200, UserPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the users.

        With `expand=details` each user of the page is read, and the answer waits for all.
        """
        if "expand" in query:
            return self._expanded(query, instance)
        found = services().broker.call(caller(), instance, [Invocation(GET_USERS)])
        return listed(found, query, "userName")

    @staticmethod
    def _expanded(query: dict[str, Any], instance: str) -> Response:
        note = partial(observe_list, services().database, instance, GET_USERS.name)
        work = partial(details, note=note, after=paging.position(query), limit=query["limit"])
        items, more = services().broker.look(caller(), instance, work)
        page = paging.page(items, items[-1]["userName"] if more and items else None)
        return jsonify({"items": page["items"], "nextCursor": page["next_cursor"]})

    @operation(
        blp,
        "createUser",
        permission=Permission.USERS_CREATE,
        commands=(CREATE_USER, GET_USER_INFO),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
        reply=created,
    )
    @validates(blp)
    @blp.arguments(UserCreateSchema, example={"userName": "jane", "fullName": "Jane Doe"})
    @blp.response(201, UserSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create a user."""
        more, user = needed_for([body]), {"userName": body["user_name"]}
        services().broker.instance(caller(), instance, *more)
        wishes = [Invocation(CREATE_USER, creation(body)), Invocation(GET_USER_INFO, user)]
        context = versioned(GET_USER_INFO, WRITABLE)
        found = services().broker.call(caller(), instance, wishes, context=context)
        return created(found)


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
        shape=one_shape,
    )
    @blp.response(200, UserSchema, headers={"ETag": "ETag"})
    def get(self, instance: str, user: str) -> Response:
        """Show a user with its privileges and addresses."""
        wish = Invocation(GET_USER_INFO, {"userName": user})
        context = versioned(GET_USER_INFO, WRITABLE)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "updateUser",
        permission=Permission.USERS_UPDATE,
        commands=(GET_USER_INFO, *(command for _, command, _ in CHANGES), RENAME_USER),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=one_shape,
    )
    @blp.arguments(UserPatchSchema, example={"emailAddresses": ["jane@example.com"]})
    @blp.response(200, UserSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], instance: str, user: str) -> Response:
        """Change a user, one field after the other.

        In this order: full name, DN, authentication, addresses, POP3 names, privileges, ways to
        log in, and the name last. When one fails, the problem's `steps` say what was done.
        Changing an administrator needs users:admin.
        """
        services().broker.instance(caller(), instance, *needed_for([body]))
        require_ordinary(user, "/path/user")
        after = {"userName": body.get("user_name", user)}
        rest = changes(user, body)
        wishes = guarded(user, rest)
        if rest:
            wishes.append(Invocation(GET_USER_INFO, after))
        context = context_of()
        return tagged(services().broker.call(caller(), instance, wishes, context=context))

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
