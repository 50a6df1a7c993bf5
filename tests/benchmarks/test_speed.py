"""What is measured beside the read."""

import requests

from benchmarks.processor import Nobody
from benchmarks.servers import Server
from benchmarks.speed import Frame
from benchmarks.world import World


def test_the_frame_is_a_call_that_anybody_may_make(measured: World) -> None:
    target = Frame(Server("ours", measured.url, Nobody(), measured)).target("fast")

    answer = requests.request(target.method, target.url, headers=target.headers, timeout=60)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "Authorization" not in target.headers
