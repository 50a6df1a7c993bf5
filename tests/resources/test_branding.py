"""The branding is read from disk again."""

from tests.world import World


def test_the_branding_is_loaded_again(inner_world: World) -> None:
    site = inner_world.sites["alpha"]
    before = site.control.state()["branding_loads"]
    inner_world.call("POST", f"/deployments/{site.id}/branding/reload", status=204)
    assert site.control.state()["branding_loads"] == before + 1
