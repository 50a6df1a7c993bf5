"""What users may do in folders. Administrators may read all, so SPE lists nothing for them."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import ReplyInvalid
from gateway.model import Operation
from gateway.resources.users import require_ordinary
from gateway.resources.users_schemas import (
    UserAllFoldersPutSchema,
    UserFolderPrivilegesPage,
    UserFolderPrivilegesPutSchema,
    UserFolderPrivilegesSchema,
)
from gateway.spe.commands.users import (
    CLEAR_USER_PRIVILEGES_ON_FOLDERS,
    GET_USER_INFO,
    SET_USER_PRIVILEGES_ON_ALL_FOLDERS,
    SET_USER_PRIVILEGES_ON_FOLDER,
)
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, listed, object_of, rows_of, services, shown
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging

blp = Blueprint(
    "user-folder-privileges",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/users/<name:user>/folder-privileges",
)


def _folders(found: Operation) -> list[dict[str, Any]]:
    privileges = object_of(found.steps[-1].result).get("privilegesOnFolders")
    rows = rows_of(privileges or [], "folder")
    if not all(isinstance(row.get("privileges"), list) for row in rows):
        raise ReplyInvalid("The deployment's answer has a folder without privileges.")
    return [shown(UserFolderPrivilegesSchema, row) for row in rows]


def page_shape(found: Operation) -> dict[str, Any]:
    """Return the privileges on all folders."""
    return {"items": _folders(found), "nextCursor": None}


def one_shape(found: Operation) -> dict[str, Any]:
    """Return the privileges on one folder; where SPE lists none, there are none."""
    folder = found.context["folder"]
    none = {"folder": folder, "privileges": []}
    return next((row for row in _folders(found) if row["folder"] == folder), none)


@blp.route("")
class UserFolderPrivileges(MethodView):
    """All folders."""

    @operation(
        blp,
        "listUserFolderPrivileges",
        permission=Permission.USERS_READ,
        commands=(GET_USER_INFO,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, UserFolderPrivilegesPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str, user: str) -> Response:
        """List the folders in which a user may do something."""
        wish = Invocation(GET_USER_INFO, {"userName": user})
        return listed(services().broker.call(caller(), instance, [wish]), query, "folder")

    @operation(
        blp,
        "setUserFolderPrivileges",
        permission=Permission.USERS_UPDATE,
        commands=(SET_USER_PRIVILEGES_ON_ALL_FOLDERS, GET_USER_INFO),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(UserAllFoldersPutSchema, example={"privileges": ["read"]})
    @blp.response(200, UserFolderPrivilegesPage, headers={"Link": "Link"})
    def put(self, body: dict[str, Any], instance: str, user: str) -> Response:
        """Let a user do the same in all folders, but for those that are excluded."""
        require_ordinary(user, "/path/user")
        about = {"userName": user, "privileges": body["privileges"]}
        excluded = {"excludeFolders": body["exclude_folders"]} if body["exclude_folders"] else {}
        wishes = [
            Invocation(SET_USER_PRIVILEGES_ON_ALL_FOLDERS, about | excluded),
            Invocation(GET_USER_INFO, {"userName": user}),
        ]
        return answer(services().broker.call(caller(), instance, wishes))

    @operation(
        blp,
        "clearUserFolderPrivileges",
        permission=Permission.USERS_UPDATE,
        commands=(CLEAR_USER_PRIVILEGES_ON_FOLDERS,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, instance: str, user: str) -> Response:
        """Take all privileges on folders from a user."""
        require_ordinary(user, "/path/user")
        wish = Invocation(CLEAR_USER_PRIVILEGES_ON_FOLDERS, {"userName": user})
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)


@blp.route("/<name:folder>")
class UserFolderPrivilege(MethodView):
    """One top-level folder."""

    @operation(
        blp,
        "setUserPrivilegesOnFolder",
        permission=Permission.USERS_UPDATE,
        commands=(SET_USER_PRIVILEGES_ON_FOLDER, GET_USER_INFO),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.arguments(UserFolderPrivilegesPutSchema, example={"privileges": ["read", "write"]})
    @blp.response(200, UserFolderPrivilegesSchema)
    def put(self, body: dict[str, Any], instance: str, user: str, folder: str) -> Response:
        """Set what a user may do in a top-level folder."""
        require_ordinary(user, "/path/user")
        privileges = body["privileges"] or ["none"]
        about = {"userName": user, "folder": folder, "privileges": privileges}
        wishes = [
            Invocation(SET_USER_PRIVILEGES_ON_FOLDER, about),
            Invocation(GET_USER_INFO, {"userName": user}),
        ]
        context = {"folder": folder}
        return answer(services().broker.call(caller(), instance, wishes, context=context))
