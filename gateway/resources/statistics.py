"""Sizes of an instance, and the counters of its process."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.statistics import (
    GET_INSTANCE_PROCESS_LIVE_STATISTICS,
    GET_INSTANCE_STATISTICS,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, object_of, services, shown
from gateway.web.fields import Number, Text, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("statistics", __name__, description=__doc__, url_prefix="/instances/<ins:instance>")


class InstanceStatisticsSchema(Schema):
    """How large an instance is."""

    total_size_mb = Number("MiB in all.", data_key="totalSizeMB", allow_none=True, dump_only=True)
    database_file_size_mb = Number(
        "MiB of databases.", data_key="databaseFileSizeMB", allow_none=True, dump_only=True
    )
    content_file_size_mb = Number(
        "MiB of messages.", data_key="contentFileSizeMB", allow_none=True, dump_only=True
    )
    index_file_size_mb = Number(
        "MiB of search indexes.", data_key="indexFileSizeMB", allow_none=True, dump_only=True
    )
    number_of_messages = Whole("Messages.", allow_none=True, required=True, dump_only=True)


class InstanceLiveStatisticsSchema(Schema):
    """Counters since the process of an instance started; another process starts at zero."""

    process_unique_id = Text("Names the process.", data_key="processUniqueID", dump_only=True)
    timestamp = Whole("Milliseconds; to tell rates from two readings.", dump_only=True)
    total_processor_milliseconds = Whole("Of processor time.", dump_only=True)
    total_io_read_bytes = Whole("Read.", data_key="totalIOReadBytes", dump_only=True)
    total_io_write_bytes = Whole("Written.", data_key="totalIOWriteBytes", dump_only=True)
    total_io_other_bytes = Whole("Otherwise.", data_key="totalIOOtherBytes", dump_only=True)
    total_remote_procedure_calls = Whole("Calls.", dump_only=True)
    total_messages_archived = Whole("Messages that were archived.", dump_only=True)
    total_messages_checked = Whole("Messages that were looked at.", dump_only=True)
    current_private_memory_bytes = Whole("Memory in use now.", dump_only=True)


def statistics_shape(found: Operation) -> dict[str, Any]:
    """Return the sizes."""
    return shown(InstanceStatisticsSchema, object_of(found.steps[-1].result))


def live_shape(found: Operation) -> dict[str, Any]:
    """Return the counters."""
    return shown(InstanceLiveStatisticsSchema, object_of(found.steps[-1].result))


@blp.route("/statistics")
class InstanceStatistics(MethodView):
    """The sizes."""

    @operation(
        blp,
        "getInstanceStatistics",
        permission=Permission.INSTANCES_READ,
        commands=(GET_INSTANCE_STATISTICS,),
        asynchronous=True,
        errors=(409,),
        shape=statistics_shape,
    )
    @blp.response(200, InstanceStatisticsSchema)
    def get(self, instance: str) -> Response:
        """Show how large an instance is."""
        wish = Invocation(GET_INSTANCE_STATISTICS)
        return answer(services().broker.call(caller(), instance, [wish]))


@blp.route("/live-statistics")
class InstanceLiveStatistics(MethodView):
    """The counters."""

    @operation(
        blp,
        "getInstanceLiveStatistics",
        permission=Permission.INSTANCES_READ,
        commands=(GET_INSTANCE_PROCESS_LIVE_STATISTICS,),
        asynchronous=True,
        errors=(409,),
        shape=live_shape,
    )
    @blp.response(200, InstanceLiveStatisticsSchema)
    def get(self, instance: str) -> Response:
        """Show the counters of an instance's process."""
        wish = Invocation(GET_INSTANCE_PROCESS_LIVE_STATISTICS)
        return answer(services().broker.call(caller(), instance, [wish]))
