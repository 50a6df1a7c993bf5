"""The schemas of the servers of a deployment: instance hosts, client access servers, pairings."""

from gateway.resources.deployment_schemas import DIRECTORY, PORTS, ThumbprintSchema
from gateway.web.fields import Choice, Flag, ListOf, Part, Text, Whole
from gateway.web.schemas import Schema

SERVER = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?"
THUMBPRINT = r"[0-9A-Fa-f]{40}"
ROLES = ("instanceHost", "clientAccessServer")


class ServerCertificateSchema(Schema):
    """The certificate that the management server trusts."""

    thumbprint = Text("SHA-1, 40 hex digits.", max_length=40, pattern=THUMBPRINT, required=True)


class ServerCertificatePatchSchema(Schema):
    """Another certificate."""

    thumbprint = Text("SHA-1, 40 hex digits.", max_length=40, pattern=THUMBPRINT, required=True)


class InstanceHostSchema(Schema):
    """A server that instances run on."""

    server_name = Text("Its name.", required=True, dump_only=True)
    port = Whole("TCP port.", allow_none=True, dump_only=True)
    server_certificate = Part(ThumbprintSchema, "Its certificate.", allow_none=True, dump_only=True)
    base_directory = Text("Where its instances lie.", allow_none=True, dump_only=True)
    cordoned = Flag("Whether no new instances are placed on it.", dump_only=True)


class InstanceHostListSchema(Schema):
    """The instance hosts of a deployment."""

    items = ListOf(Part(InstanceHostSchema), "All of them.", required=True, dump_only=True)


class InstanceHostCreateSchema(Schema):
    """A server that instances are to run on."""

    server_name = Text("Its name.", max_length=253, pattern=SERVER, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, required=True)
    server_certificate = Part(ServerCertificateSchema, "Its certificate.", required=True)
    base_directory = Text("Where its instances lie.", max_length=200, pattern=DIRECTORY)


class InstanceHostPatchSchema(Schema):
    """What changes of an instance host; what is left out stays."""

    port = Whole("TCP port.", least=1, most=PORTS)
    server_certificate = Part(ServerCertificatePatchSchema, "Its certificate.")
    base_directory = Text(
        "Where new instances lie; null for no place of its own.",
        max_length=200,
        pattern=DIRECTORY,
        allow_none=True,
    )


class DirectorySchema(Schema):
    """A directory on a host."""

    name = Text("Its last name.", min_length=0, allow_none=True, dump_only=True)
    path = Text("Its whole path.", required=True, dump_only=True)


class DirectoryListSchema(Schema):
    """The directories in another one."""

    items = ListOf(Part(DirectorySchema), "All of them.", required=True, dump_only=True)


class DirectoryCreateSchema(Schema):
    """A directory to be made."""

    path = Text("Its whole path.", max_length=200, pattern=DIRECTORY, required=True)


class DirectoryQuery(Schema):
    """Whose children."""

    path = Text("Of this directory; left out, the drives.", max_length=200, pattern=DIRECTORY)


class ServerStatusSchema(Schema):
    """The hardware of a client access server."""

    processors = ListOf(Text(min_length=0), "Their names.", dump_only=True)
    total_physical_memory = Whole("Bytes.", allow_none=True, dump_only=True)
    operating_system = Text("Its name.", min_length=0, allow_none=True, dump_only=True)


class ClientAccessServerSchema(Schema):
    """A server that clients connect to."""

    server_name = Text("Its name.", required=True, dump_only=True)
    port = Whole("TCP port.", allow_none=True, dump_only=True)
    server_certificate = Part(
        ServerCertificateSchema, "Its certificate.", allow_none=True, dump_only=True
    )
    active = Flag("Whether it is up; with `includeStatus`.", allow_none=True, dump_only=True)
    system_properties = Part(
        ServerStatusSchema, "Its hardware; with `includeStatus`.", allow_none=True, dump_only=True
    )


class ClientAccessServerListSchema(Schema):
    """The client access servers of a deployment."""

    items = ListOf(Part(ClientAccessServerSchema), "All of them.", required=True, dump_only=True)


class ClientAccessServerCreateSchema(Schema):
    """A server that clients are to connect to."""

    server_name = Text("Its name.", max_length=253, pattern=SERVER, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, required=True)
    server_certificate = Part(ServerCertificateSchema, "Its certificate.", required=True)


class ClientAccessServerPatchSchema(Schema):
    """What changes of a client access server; what is left out stays."""

    port = Whole("TCP port.", least=1, most=PORTS)
    server_certificate = Part(ServerCertificatePatchSchema, "Its certificate.")


class ClientAccessServerQuery(Schema):
    """How much of them."""

    include_status = Flag("Also whether each is up, which takes longer.", load_default=False)


class PairingSchema(Schema):
    """A server role that the management server is to trust."""

    server_type = Choice(ROLES, "What the server does.", required=True)
    server_name = Text("Its name.", max_length=253, pattern=SERVER, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, required=True)
    thumbprint = Text(
        "Of its certificate: SHA-1, 40 hex digits.",
        max_length=40,
        pattern=THUMBPRINT,
        required=True,
    )
