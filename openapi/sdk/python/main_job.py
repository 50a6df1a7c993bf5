"""The main job with the Python SDK, as a portal's program would do it.

Run by ``make sdks`` with the environment that openapi/sdk/README.md describes.
"""

# ruff: noqa: T201, TID251 - a program by itself: it prints its steps and reads its environment

import json
import os

from spe_gateway_client import Gateway, NotFound, models

THUMBPRINT = os.environ["SPE_THUMBPRINT"]
NAME = os.environ["SPE_NAME"]
PASSWORD = "correct horse"  # noqa: S105 - of a user of a simulated server


def step(name: str, **told: object) -> None:
    """Say that a step is done."""
    print(json.dumps({"step": name, **told}), flush=True)


def register(operator: Gateway) -> models.Deployment:
    """Register the deployment, with the pin that was told by other means."""
    host, port = os.environ["SPE_HOST"], int(os.environ["SPE_PORT"])
    found = operator.deployments.probe(models.Probe(host=host, port=port))
    if found.sha256.upper() != THUMBPRINT.upper():
        raise SystemExit("Somebody else answers there.")
    return operator.deployments.create(
        models.DeploymentCreate(
            name=NAME,
            host=host,
            port=port,
            user_name=os.environ["SPE_USER"],
            password=os.environ["SPE_PASSWORD"],
            certificate=models.CertificateTrust(pin=THUMBPRINT),
        )
    )


def reseller(operator: Gateway, name: str) -> Gateway:
    """Make a reseller with a client, and return the gateway as that client sees it."""
    made = operator.resellers.create(models.ResellerCreate(name=name))
    body = models.ClientCreate(name="Portal", reseller=made.id, roles=["reseller-admin"])
    client = operator.clients.create(body)
    return Gateway(os.environ["GATEWAY_URL"], client.client_id, str(client.client_secret))


def customer(portal: Gateway) -> models.Instance:
    """Make an instance with a store and a user."""
    body = models.InstanceCreate(
        instance_id=NAME,
        display_name="Acme Corporation",
        archive_admin=True,
        store=models.StoreCreate(name="Mail"),
        users=[models.UserCreate(user_name="jane.doe", password=PASSWORD)],
    )
    return portal.instances.create(body).wait(timeout=120)


def verify(portal: Gateway, instance: models.Instance) -> None:
    """Verify the first of its stores, and show how far it is."""
    store = next(iter(portal.stores.list(instance.id)))
    seen: list[object] = []
    running = portal.stores.verify(instance.id, store.id)
    result = running.wait(lambda now: seen.append(now.percent_progress), timeout=120)
    if not result.finished:
        raise SystemExit("The verification has not finished.")
    step("verified", operation=running.id, progress=seen)


def require_absent(portal: Gateway, instance: models.Instance) -> None:
    """See that another reseller has nothing, and finds nothing."""
    if list(portal.instances.list()):
        raise SystemExit("A new reseller has an instance.")
    try:
        portal.instances.get(instance.id)
    except NotFound as problem:
        step("absent", code=problem.code)
    else:
        raise SystemExit("Another reseller sees the instance.")


def main() -> None:
    """Do it all."""
    environment = os.environ
    with Gateway(
        environment["GATEWAY_URL"],
        environment["OPERATOR_CLIENT_ID"],
        environment["OPERATOR_CLIENT_SECRET"],
    ) as operator:
        step("signed-in", client=operator.me.get().client)
        step("registered", deployment=register(operator).id)
        north, south = (reseller(operator, f"{NAME} {each}") for each in ("north", "south"))
        step("resellers")
        with north, south:
            instance = customer(north)
            step("created", instance=instance.id)
            verify(north, instance)
            require_absent(south, instance)
        found = [each for each in operator.instances.list() if each.id == instance.id]
        step("seen", status=found[0].status, deployment=found[0].deployment)


if __name__ == "__main__":
    main()
