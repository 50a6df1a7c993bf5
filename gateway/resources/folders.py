"""Folders of an archive: found, counted, moved, and deleted when empty."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import InputFault, InvalidInput, ReplyInvalid
from gateway.model import Operation
from gateway.spe.commands.folders import (
    DELETE_EMPTY_FOLDERS,
    GET_CHILD_FOLDERS,
    GET_FOLDER_STATISTICS,
    MOVE_FOLDER,
)
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, listed, rows_of, services, shown
from gateway.web.fields import Flag, Text, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint(
    "folders", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/folders"
)

SEPARATOR = "/"
LONGEST_PATH = 1024
DEEPEST = 100


class FolderSchema(Schema):
    """A folder."""

    folder = Text("Its path; slashes stand between the names.", required=True, dump_only=True)
    name = Text("Its last name.", required=True, dump_only=True)


class FolderStatisticsSchema(Schema):
    """What lies in a folder itself, without those below it."""

    folder = Text("Its path.", min_length=0, required=True, dump_only=True)
    count = Whole("Messages in it.", allow_none=True, dump_only=True)
    size = Whole("Their bytes.", allow_none=True, dump_only=True)


class FolderMoveSchema(Schema):
    """Where a folder goes, with all that is below it."""

    from_folder = Text("Its path now.", max_length=LONGEST_PATH, required=True)
    to_folder = Text("Its path then; the last name may be new.", max_length=1024, required=True)


class EmptyFoldersSchema(Schema):
    """Where empty folders are deleted: below one folder, or everywhere."""

    folder = Text("Below this one.", max_length=LONGEST_PATH)
    all = Flag("True for the whole archive; then `folder` is left out.", load_default=False)


class FolderQuery(Paging):
    """Which folders."""

    folder = Text("Those below this one; left out, all.", max_length=LONGEST_PATH)
    max_levels = Whole("How deep; left out, to the bottom.", least=1, most=DEEPEST)


FolderPage = page_of(FolderSchema)
FolderStatisticsPage = page_of(FolderStatisticsSchema)


def page_shape(found: Operation) -> dict[str, Any]:
    """Return the tree as a flat list of paths."""
    parent = str(found.context.get("folder") or "").replace("\\", SEPARATOR).strip(SEPARATOR)
    items = {item["folder"]: item for item in flat(found.steps[-1].result, parent)}
    return {"items": [items[path] for path in sorted(items)], "nextCursor": None}


def flat(children: object, parent: str) -> Iterator[dict[str, str]]:
    """Yield each folder of a tree with its whole path.

    Raises:
        ReplyInvalid: it is no tree of names.
    """
    if not isinstance(children, list):
        raise ReplyInvalid("The deployment's answer is not a list of folders.")
    for child in children:
        entry = child if isinstance(child, dict) else {"name": child}
        name = entry.get("name")
        if not isinstance(name, str) or not name:
            raise ReplyInvalid("The deployment's answer has a folder without a name.")
        path = f"{parent}{SEPARATOR}{name}" if parent else name
        yield {"folder": path, "name": name}
        yield from flat(entry.get("childFolders") or [], path)


def statistics_shape(found: Operation) -> dict[str, Any]:
    """Return the sizes of all folders."""
    rows = rows_of(found.steps[-1].result, "folder")
    return {"items": [shown(FolderStatisticsSchema, row) for row in rows], "nextCursor": None}


def scope(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of DeleteEmptyFolders, which without a folder means all.

    Raises:
        InvalidInput: neither a folder nor everything is named, or both are.
    """
    if body["all"] == ("folder" in body):
        fault = InputFault(
            "/folder", "SCOPE", 'Name a folder, or say "all": true for the whole archive.'
        )
        raise InvalidInput([fault])
    return {} if body["all"] else {"folder": body["folder"]}


@blp.route("")
class Folders(MethodView):
    """The tree."""

    @operation(
        blp,
        "listFolders",
        permission=Permission.FOLDERS_READ,
        commands=(GET_CHILD_FOLDERS,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(FolderQuery, location="query")
    @blp.response(200, FolderPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the folders, each with its whole path."""
        names = {"folder": "folder", "max_levels": "maxLevels"}
        wanted = {names[name]: query[name] for name in names if name in query}
        context = {"folder": query.get("folder")}
        wish = Invocation(GET_CHILD_FOLDERS, wanted)
        found = services().broker.call(caller(), instance, [wish], context=context)
        return listed(found, query, "folder")


@blp.route("/statistics")
class FolderStatistics(MethodView):
    """The sizes."""

    @operation(
        blp,
        "listFolderStatistics",
        permission=Permission.FOLDERS_READ,
        commands=(GET_FOLDER_STATISTICS,),
        asynchronous=True,
        errors=(409,),
        shape=statistics_shape,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, FolderStatisticsPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List what lies in each folder.

        SPE fails here for some instances: then the problem is `FOLDER_STATISTICS_UNAVAILABLE`.
        """
        found = services().broker.call(caller(), instance, [Invocation(GET_FOLDER_STATISTICS)])
        return listed(found, query, "folder")


@blp.route("/move")
class FolderMove(MethodView):
    """Another place in the tree."""

    @operation(
        blp,
        "moveFolder",
        permission=Permission.FOLDERS_UPDATE,
        commands=(MOVE_FOLDER,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(FolderMoveSchema, example={"fromFolder": "jane/Old", "toFolder": "joe/Old"})
    @blp.response(204)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Move or rename a folder with all below it."""
        arguments = {"fromFolder": body["from_folder"], "toFolder": body["to_folder"]}
        wish = Invocation(MOVE_FOLDER, arguments)
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)


@blp.route("/delete-empty")
class EmptyFolders(MethodView):
    """What holds nothing."""

    @operation(
        blp,
        "deleteEmptyFolders",
        permission=Permission.FOLDERS_DELETE,
        commands=(DELETE_EMPTY_FOLDERS,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(EmptyFoldersSchema, example={"folder": "jane"})
    @blp.response(204)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Delete folders without messages: below one folder or, said so, everywhere."""
        wish = Invocation(DELETE_EMPTY_FOLDERS, scope(body))
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)
