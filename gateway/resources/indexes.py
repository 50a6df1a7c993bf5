"""Search indexes of an instance: what they hold, and their rebuild."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.indexes import (
    GET_INDEX_CONFIGURATION,
    REBUILD_SELECTED_STORE_INDEXES,
    SELECT_ALL_STORE_INDEXES_FOR_REBUILD,
    SET_INDEX_CONFIGURATION,
)
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, object_of, services, tagged, versioned
from gateway.web.fields import Flag, ListOf, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("indexes", __name__, description=__doc__, url_prefix="/instances/<ins:instance>")

MEMBERS = ("attachmentExtensions", "includeAttachmentsOfPDFs")


class IndexConfigurationSchema(Schema):
    """Which attachments can be searched, besides the messages themselves."""

    attachment_extensions = ListOf(
        Text(max_length=20, pattern="[A-Za-z0-9_-]+"),
        "Of the files whose text is indexed; null for SPE's own choice.",
        allow_none=True,
        required=True,
    )
    include_attachments_of_pdfs = Flag(
        "Also files within PDF files.", data_key="includeAttachmentsOfPDFs", required=True
    )


class IndexRebuildSchema(Schema):
    """The end of a rebuild."""

    finished = Flag("Always true: it ran to its end.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


def configuration_shape(found: Operation) -> dict[str, Any]:
    """Return the configuration; SPE writes the extensions as one text with blanks."""
    row = object_of(found.steps[-1].result)
    extensions = row.get("attachmentExtensions")
    words = extensions.split() if isinstance(extensions, str) else extensions
    return {
        "attachmentExtensions": words,
        "includeAttachmentsOfPDFs": bool(row.get("includeAttachmentsOfPDFs")),
    }


def rebuild_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a rebuild."""
    return {"finished": True, "log": found.log}


@blp.route("/index-configuration")
class IndexConfiguration(MethodView):
    """What is indexed."""

    @operation(
        blp,
        "getIndexConfiguration",
        permission=Permission.INDEXES_READ,
        commands=(GET_INDEX_CONFIGURATION,),
        asynchronous=True,
        errors=(409,),
        shape=configuration_shape,
    )
    @blp.response(200, IndexConfigurationSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show what is indexed."""
        context = versioned(GET_INDEX_CONFIGURATION, MEMBERS)
        wish = Invocation(GET_INDEX_CONFIGURATION)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setIndexConfiguration",
        permission=Permission.INDEXES_UPDATE,
        commands=(GET_INDEX_CONFIGURATION, SET_INDEX_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=configuration_shape,
    )
    @blp.arguments(
        IndexConfigurationSchema,
        example={"attachmentExtensions": ["pdf", "docx"], "includeAttachmentsOfPDFs": True},
    )
    @blp.response(200, IndexConfigurationSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Change what is indexed; it counts for messages that come from now on."""
        words = body["attachment_extensions"]
        config = {
            "attachmentExtensions": None if words is None else " ".join(words),
            "includeAttachmentsOfPDFs": body["include_attachments_of_pdfs"],
        }
        wishes = [
            Invocation(GET_INDEX_CONFIGURATION, check="require-version"),
            Invocation(SET_INDEX_CONFIGURATION, {"config": config}),
            Invocation(GET_INDEX_CONFIGURATION),
        ]
        context = versioned(GET_INDEX_CONFIGURATION, MEMBERS)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))


@blp.route("/indexes/select-all")
class IndexSelection(MethodView):
    """The marks for a rebuild."""

    @operation(
        blp,
        "selectAllIndexes",
        permission=Permission.INDEXES_RUN,
        commands=(SELECT_ALL_STORE_INDEXES_FOR_REBUILD,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def post(self, instance: str) -> Response:
        """Mark the indexes of all stores for a rebuild; the stores show the marks."""
        wish = Invocation(SELECT_ALL_STORE_INDEXES_FOR_REBUILD)
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)


@blp.route("/indexes/rebuild")
class IndexRebuild(MethodView):
    """The rebuild of what is marked."""

    @operation(
        blp,
        "rebuildIndexes",
        permission=Permission.INDEXES_RUN,
        commands=(REBUILD_SELECTED_STORE_INDEXES,),
        asynchronous=True,
        errors=(409,),
        shape=rebuild_shape,
    )
    @blp.response(200, IndexRebuildSchema)
    def post(self, instance: str) -> Response:
        """Rebuild the indexes that are marked; this may take hours."""
        wish = Invocation(REBUILD_SELECTED_STORE_INDEXES)
        return answer(services().broker.call(caller(), instance, [wish]))
