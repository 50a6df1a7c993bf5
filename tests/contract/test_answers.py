"""The check of every answer finds what is wrong: each kind of wrong answer is planted once."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response

from tests.answers import Undocumented
from tests.served import assert_problem
from tests.world import World

Change = Callable[[Response], Response]


@pytest.fixture
def planted(shared_world: World) -> Iterator[list[Change]]:
    """A list of changes to each answer, applied after everything else."""
    changes: list[Change] = []

    def spoil(response: Response) -> Response:
        for change in changes:
            response = change(response)
        return response

    app: Flask = shared_world.served.app
    functions = app.after_request_funcs.setdefault(None, [])
    functions.insert(0, spoil)  # Flask calls the first one last
    yield changes
    functions.remove(spoil)


def with_json(**members: object) -> Change:
    def change(response: Response) -> Response:
        body = {**response.get_json(), **members}
        response.set_data(response.json_module.dumps(body))
        return response

    return change


def without_header(name: str) -> Change:
    def change(response: Response) -> Response:
        del response.headers[name]
        return response

    return change


def with_header(name: str) -> Change:
    def change(response: Response) -> Response:
        response.headers[name] = "x"
        return response

    return change


def with_status(code: int) -> Change:
    def change(response: Response) -> Response:
        response.status_code = code
        return response

    return change


def as_html(response: Response) -> Response:
    response.content_type = "text/html"
    return response


@pytest.mark.parametrize(
    "change",
    [
        with_json(hostName="alpha"),
        with_json(client=None),
        with_json(client=7),
        with_json(isOperator="yes"),
        with_json(permissions=["everything"]),
        without_header("X-Request-Id"),
        without_header("SPE-Gateway-Version"),
        with_header("Location"),
        with_header("ETag"),
        with_status(201),
        with_status(500),
        with_status(418),
        as_html,
    ],
)
def test_a_wrong_answer_turns_the_test_red(
    shared_world: World, planted: list[Change], change: Change
) -> None:
    assert shared_world.operator.get("/me").status_code == 200
    planted.append(change)
    with pytest.raises(Undocumented):
        shared_world.operator.get("/me")


def test_a_missing_documented_header_turns_the_test_red(
    shared_world: World, planted: list[Change]
) -> None:
    path = f"/resellers/{shared_world.resellers['A']}"
    assert shared_world.operator.get(path).headers["ETag"]
    planted.append(without_header("ETag"))
    with pytest.raises(Undocumented, match="ETag"):
        shared_world.operator.get(path)


def test_a_success_of_a_path_that_is_no_operation_turns_the_test_red(
    shared_world: World, planted: list[Change]
) -> None:
    assert_problem(shared_world.operator.get("/nowhere"), 404, "NOT_FOUND")
    planted.append(with_status(200))
    with pytest.raises(Undocumented, match="no operation"):
        shared_world.operator.get("/nowhere")


def test_a_problem_with_another_status_is_no_problem(shared_world: World) -> None:
    response = shared_world.operator.get("/nowhere")
    with pytest.raises(AssertionError):
        assert_problem(response, 403)
    with pytest.raises(AssertionError):
        assert_problem(response, 404, "GONE")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "not-taken"}])
def test_a_body_that_no_operation_takes_is_refused_as_documented(
    shared_world: World, headers: dict[str, str]
) -> None:
    path = f"/deployments/{shared_world.sites['alpha'].id}/cordon"
    response = shared_world.operator.post(
        path, data=b"x", content_type="text/plain", headers=headers
    )
    assert_problem(response, 422, "INVALID_INPUT")
