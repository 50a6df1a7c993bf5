"""Answers over a socket are judged as those in process are: a wrong one is planted in each way."""

from collections.abc import Callable, Iterator

import pytest
import requests
from werkzeug.test import Client, TestResponse

from tests.answers import Undocumented
from tests.contract.conftest import Listening, listen
from tests.judged import Judged
from tests.world import World


def asked(world: World, judged: Judged, path: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {world.operator.token}"}
    return Client(judged).get(path, headers=headers, buffered=True)


def test_right_answers_are_counted_and_passed_on(shared_world: World) -> None:
    judged = Judged(shared_world.served.app, shared_world.served.contract)
    assert asked(shared_world, judged, "/me").json == shared_world.operator.get("/me").json
    assert asked(shared_world, judged, "/nowhere").status_code == 404
    assert (judged.answers, judged.complaints) == (2, [])


def teapot(application: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    """Return an application that answers with another status than this one."""

    def spoilt(environ: object, start: Callable[..., object]) -> Iterator[bytes]:
        def begin(_: str, headers: object, *rest: object) -> object:
            return start("418 I'M A TEAPOT", headers, *rest)

        return application(environ, begin)

    return spoilt


def test_a_wrong_answer_is_passed_on_and_complained_of(shared_world: World) -> None:
    judged = Judged(teapot(shared_world.served.app), shared_world.served.contract)  # type: ignore[arg-type] # WSGI
    assert asked(shared_world, judged, "/me").status_code == 418
    assert judged.complaints == [
        "GET /me 418 I'M A TEAPOT: The answer getMe does not document 418."
    ]


@pytest.fixture(scope="module")
def served(own_world: World) -> Iterator[Listening]:
    yield from listen(own_world)


def test_what_requests_gets_of_a_gateway_is_judged(
    served: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert requests.get(f"{served.url}/healthz", timeout=30).status_code == 200
    real = requests.adapters.HTTPAdapter.send

    def send(*given: object, **options: object) -> requests.Response:
        answer = real(*given, **options)  # type: ignore[arg-type] # as it is called
        answer.status_code = 418
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(Undocumented, match="418"):
        requests.get(f"{served.url}/healthz", timeout=30)
