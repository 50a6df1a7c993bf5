"""Sizes of an archive and the counters of an instance's process."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .stores import files
from .wire import Arguments

MEGABYTE = 1024 * 1024
DATABASE_SHARE, INDEX_SHARE = 20, 10  # one twentieth, one tenth


@command("GetInstanceStatistics", "read")
def get_instance_statistics(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Add up the archive stores that are in use."""
    instance = deployment.running_instance(arguments["instanceID"])
    stores = deployment.archive(instance).stores
    found = [data for store in stores if (data := files(deployment, instance, store))]
    total = sum(data.size for data in found) // MEGABYTE
    database, index = total // DATABASE_SHARE, total // INDEX_SHARE
    return {
        "totalSizeMB": total,
        "databaseFileSizeMB": database,
        "contentFileSizeMB": total - database - index,
        "indexFileSizeMB": index,
        "numberOfMessages": sum(data.messages for data in found),
    }


@command("GetInstanceProcessLiveStatistics", "read")
def get_instance_process_live_statistics(
    deployment: Deployment, arguments: Arguments
) -> dict[str, Any]:
    """Return counters that grow steadily since the process started."""
    instance = deployment.running_instance(arguments["instanceID"])
    now = deployment.clock.seconds()
    age = int(max(now - instance.process_started, 0.0) * 1000)
    return {
        "processUniqueID": instance.process_unique_id,
        "timestamp": int(now * 1000),
        "totalProcessorMilliseconds": 1500 + age // 20,
        "totalIOReadBytes": 4_000_000 + age * 60,
        "totalIOWriteBytes": 900_000 + age * 25,
        "totalIOOtherBytes": 120_000 + age * 2,
        "totalRemoteProcedureCalls": age // 1000,
        "totalMessagesArchived": age // 4000,
        "totalMessagesChecked": age // 500,
        "currentPrivateMemoryBytes": 187_000_000 + age % 9_000_000,
    }
