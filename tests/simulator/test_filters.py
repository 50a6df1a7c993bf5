from hypothesis import given
from hypothesis import strategies as st

from gateway.simulator.filters import select
from gateway.simulator.state import Instance
from tests.simulated import Control
from tests.simulator.client import Client

IDS = ["abc", "abd", "one", "two"]
HOSTS = ["h1", "h2"]
WORDS = ["*", *IDS, "nobody", *(f"*{host}" for host in HOSTS), "*h3"]
DOTS = {".running": "running", ".stopped": "stopped", ".safeMode": "safeMode"}

instances = st.lists(
    st.builds(
        Instance,
        instance_id=st.sampled_from(IDS),
        instance_host=st.sampled_from(HOSTS),
        base_directory=st.just("D:\\x"),
        status=st.sampled_from([*DOTS.values(), "frozen"]),
    ),
    unique_by=lambda instance: instance.instance_id,
)
words = st.lists(st.sampled_from([*WORDS, *DOTS]), max_size=5)


def model(chosen: list[str], instance: Instance) -> bool:
    """Decide about one instance, word by word."""
    wanted = False
    for word in chosen:
        if word in {"*", instance.instance_id, "*" + instance.instance_host}:
            wanted = True
    for dot, status in DOTS.items():
        if dot in chosen and instance.status != status:
            wanted = False
    return wanted


@given(words, instances, st.sampled_from([" ", "  ", "\t"]))
def test_a_filter_hits_what_the_model_says(
    chosen: list[str], all_instances: list[Instance], blank: str
) -> None:
    expected = [instance for instance in all_instances if model(chosen, instance)]

    assert select(blank.join(chosen), all_instances) == expected


def test_a_star_hits_every_customer(client: Client, control: Control) -> None:
    control.seed(instances=[{"instanceID": name} for name in IDS])
    client.result("StopInstances", instanceFilter="*")

    assert {one["status"] for one in client.result("GetInstances", instanceFilter="*")} == {
        "stopped"
    }


def test_hosts_and_names_are_added_up(client: Client, control: Control) -> None:
    control.seed(
        instances=[
            {"instanceID": "one", "instanceHost": "alpha-host1"},
            {"instanceID": "two", "instanceHost": "alpha-host2"},
            {"instanceID": "abc", "instanceHost": "alpha-host2", "status": "stopped"},
        ]
    )

    def hit(text: str) -> list[str]:
        found = client.result("GetInstances", instanceFilter=text)
        return [one["instanceID"] for one in found]

    assert hit("one *alpha-host2") == ["one", "two", "abc"]
    assert hit("* .stopped") == ["abc"]
    assert hit("*alpha-host1 *alpha-host2 .running") == ["one", "two"]
    assert hit("nobody") == []


def test_an_unknown_dot_word_fails(client: Client) -> None:
    assert "out of the range" in client.refusal("GetInstances", instanceFilter="* .runing")
