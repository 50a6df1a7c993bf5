"""Archiving and exporting profiles. SPE never shows their passwords, so none is ever changed."""

import re
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.redaction import SECRET
from gateway.model import Operation
from gateway.resources.profile_schemas import (
    ProfileCreateSchema,
    ProfileRunSchema,
    ProfileSchema,
    ServerSideExecutionSchema,
)
from gateway.spe.commands.profiles import (
    CREATE_PROFILE,
    DELETE_PROFILE,
    GET_PROFILES,
    RUN_PROFILE,
    RUN_TEMPORARY_PROFILE,
    SET_PROFILE_SERVER_SIDE_EXECUTION,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    answer,
    named,
    services,
    shown,
)
from gateway.web.entries import InstanceEntries
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, page_of
from gateway.web.validation import validates

blp = Blueprint(
    "profiles", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/profiles"
)

RAW = {"raw": True}
ARCHIVING = frozenset({"i", "import", "archive"})
MAIL_SERVERS = (
    "exchange",
    "ews",
    "gmail",
    "googleapps",
    "googleworkspace",
    "gsuite",
    "icewarp",
    "imap",
    "kerio",
    "mdaemon",
    "microsoft365",
    "office365",
    "pop3",
    "zimbra",
)
"""How connectors to mail servers begin: what else there is may read or write files."""

EXECUTION = {
    "automatic": "automatic",
    "automatic_pause_between_executions": "automaticPauseBetweenExecutions",
    "automatic_maintenance_windows": "automaticMaintenanceWindows",
}
CREATION = {
    "name": "Mail of Jane",
    "type": "I",
    "connector": "IMAP",
    "details": {"host": "imap.example.com", "userName": "jane", "password": "her password"},
}
"""The example of the contract."""

ProfilePage = page_of(ProfileSchema)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a profile without its secrets."""
    details = row.get("details")
    texts = details.items() if isinstance(details, dict) else ()
    kept = {key: str(text) for key, text in texts if text is not None and not SECRET.search(key)}
    return shown(ProfileSchema, {**row, "details": kept})


PROFILES = InstanceEntries(GET_PROFILES, "id", ("serverSideExecution",), view, RAW)


def run_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a run."""
    return {"finished": True, "log": found.log}


def properties(body: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a profile under SPE's names."""
    given = dict(body)
    execution = given.pop("server_side_execution", None)
    if execution is not None:
        given["serverSideExecution"] = named(EXECUTION, execution)
    return given


def needed_for(body: dict[str, Any]) -> list[Permission]:
    """Return the permission that exports, files and owners need besides the operation's own."""
    connector = re.sub("[^a-z0-9]", "", body["connector"].lower())
    is_plain = body["type"].lower() in ARCHIVING and connector.startswith(MAIL_SERVERS)
    return [] if is_plain and "owner" not in body else [Permission.PROFILES_ANY]


@blp.route("")
class Profiles(MethodView):
    """The collection."""

    @operation(
        blp,
        "listProfiles",
        permission=Permission.PROFILES_READ,
        commands=(GET_PROFILES,),
        asynchronous=True,
        errors=(409,),
        shape=PROFILES.page,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, ProfilePage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the profiles."""
        return PROFILES.list(instance, query)

    @operation(
        blp,
        "createProfile",
        permission=Permission.PROFILES_CREATE,
        commands=(GET_PROFILES, CREATE_PROFILE),
        asynchronous=True,
        errors=(409,),
        shape=PROFILES.new,
        reply=PROFILES.made,
    )
    @validates(blp)
    @blp.arguments(ProfileCreateSchema, example=CREATION)
    @blp.response(201, ProfileSchema, headers={"Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create a profile. What exports, reads files or names an owner is for operators."""
        wish = Invocation(CREATE_PROFILE, {"properties": properties(body), **RAW})
        return PROFILES.make(instance, wish, *needed_for(body))


@blp.route("/run-temporary")
class TemporaryProfile(MethodView):
    """A profile that is not kept."""

    @operation(
        blp,
        "runTemporaryProfile",
        permission=Permission.PROFILES_RUN,
        commands=(RUN_TEMPORARY_PROFILE,),
        asynchronous=True,
        errors=(409,),
        shape=run_shape,
    )
    @validates(blp)
    @blp.arguments(ProfileCreateSchema, example=CREATION)
    @blp.response(200, ProfileRunSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Run a profile once without keeping it, under the same rules as for a new one."""
        wish = Invocation(RUN_TEMPORARY_PROFILE, {"properties": properties(body), **RAW})
        more = [Permission.PROFILES_CREATE, *needed_for(body)]
        return answer(services().broker.call(caller(), instance, [wish], *more))


@blp.route("/<number:profile>")
class OneProfile(MethodView):
    """One profile."""

    @operation(
        blp,
        "getProfile",
        permission=Permission.PROFILES_READ,
        commands=(GET_PROFILES,),
        asynchronous=True,
        errors=(409,),
        shape=PROFILES.one,
    )
    @blp.response(200, ProfileSchema, headers={"ETag": "ETag"})
    def get(self, instance: str, profile: int) -> Response:
        """Show a profile."""
        return PROFILES.show(instance, profile)

    @operation(
        blp,
        "deleteProfile",
        permission=Permission.PROFILES_DELETE,
        commands=(GET_PROFILES, DELETE_PROFILE),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.response(204)
    def delete(self, instance: str, profile: int) -> Response:
        """Delete a profile; what it archived stays."""
        return PROFILES.remove(instance, profile, DELETE_PROFILE)


@blp.route("/<number:profile>/run")
class ProfileRun(MethodView):
    """One run."""

    @operation(
        blp,
        "runProfile",
        permission=Permission.PROFILES_RUN,
        commands=(RUN_PROFILE,),
        asynchronous=True,
        errors=(409,),
        shape=run_shape,
    )
    @validates(blp)
    @blp.response(200, ProfileRunSchema)
    def post(self, instance: str, profile: int) -> Response:
        """Run a profile now; SPE does so for those that read from mail servers."""
        wish = Invocation(RUN_PROFILE, {"id": profile})
        return answer(services().broker.call(caller(), instance, [wish]))


@blp.route("/<number:profile>/server-side-execution")
class ServerSideExecution(MethodView):
    """Runs without being asked."""

    @operation(
        blp,
        "setServerSideExecution",
        permission=Permission.PROFILES_UPDATE,
        commands=(GET_PROFILES, SET_PROFILE_SERVER_SIDE_EXECUTION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=PROFILES.one,
    )
    @blp.arguments(
        ServerSideExecutionSchema,
        example={"automatic": True, "automaticPauseBetweenExecutions": 300},
    )
    @blp.response(200, ProfileSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str, profile: int) -> Response:
        """Let a profile run again and again, or not; setting it again restarts the profile."""
        arguments = {"id": profile, **named(EXECUTION, body)}
        wish = Invocation(SET_PROFILE_SERVER_SIDE_EXECUTION, arguments)
        return PROFILES.change(instance, profile, wish)
