"""One file for each REST noun: schemas, views and the table of its verbs."""

from gateway.resources import (
    archive_admin,
    clients,
    commands,
    deployments,
    health,
    instance_actions,
    instances,
    me,
    operations,
    resellers,
    stores,
    users,
)

BLUEPRINTS = (
    me.blp,
    resellers.blp,
    clients.blp,
    deployments.blp,
    commands.blp,
    instances.blp,
    instance_actions.blp,
    archive_admin.blp,
    stores.blp,
    users.blp,
    operations.blp,
    health.blp,
)
"""In the order of the contract."""
