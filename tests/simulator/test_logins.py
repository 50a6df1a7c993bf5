from gateway.simulator.clock import Clock
from gateway.simulator.logins import Logins

RIGHT = "Basic YWRtaW46c2VjcmV0"
WRONG = "Basic YWRtaW46bm8="


def right(user_name: str, password: str) -> bool:
    return (user_name, password) == ("admin", "secret")


class Recording(Clock):
    """A clock that notes how long somebody was made to wait, and waits not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))


def test_failures_slow_down_the_attempts_after_them() -> None:
    clock = Recording()
    logins = Logins(clock, right)
    outcomes = [logins.check(header) for header in (WRONG, WRONG, RIGHT, RIGHT)]

    assert outcomes == [None, None, "admin", "admin"]
    assert clock.waits == [0, 0.1, 0.2, 0]


def test_nobody_waits_longer_than_a_second() -> None:
    clock = Recording()
    logins = Logins(clock, right)
    for _ in range(30):
        logins.check(WRONG)

    assert max(clock.waits) == 1.0


def test_to_be_challenged_is_no_failure() -> None:
    clock = Recording()
    logins = Logins(clock, right)
    logins.check(WRONG)

    assert [logins.check(None) for _ in range(5)] == [None] * 5
    assert logins.check(RIGHT)
    assert clock.waits == [0, 0.1]
