"""What a caller asks for in headers."""

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from gateway.model import Urgency
from gateway.web.preferences import urgency


@pytest.mark.parametrize(
    "value", ["u=4", "u=7", "u=6, i", "i, u=5", "u=1, u=6", "u=6;x=1", " u=6 "]
)
def test_a_call_may_give_way(value: str) -> None:
    assert urgency(Headers({"Priority": value})) is Urgency.BULK


@pytest.mark.parametrize(
    "value", ["", "u=0", "u=3", "u=6, u=2", "i", "u=8", "u=-6", "u=66", "U=6", "u"]
)
def test_no_call_is_more_urgent_than_usual_and_junk_is_ignored(value: str) -> None:
    assert urgency(Headers({"Priority": value})) is Urgency.INTERACTIVE


def test_several_fields_are_one() -> None:
    with EnvironBuilder(headers=[("Priority", "i"), ("Priority", "u=6")]).get_request() as sent:
        assert urgency(sent.headers) is Urgency.BULK
