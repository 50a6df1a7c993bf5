"""Several processes on one PostgreSQL and one Redis."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from gateway.cli.init import initialise
from gateway.settings import Settings
from tests.cli.program import PROGRAM, environment, line_with, talking
from tests.cli.test_serve import gunicorn

ALLOWED = 12


def test_the_workers_of_a_gateway_limit_together(
    tmp_path: Path, empty_postgresql_url: str, redis_url: str
) -> None:
    home = tmp_path / "home"
    operator = initialise(Settings(home=home, database_url=empty_postgresql_url))
    settings = {"database_url": empty_postgresql_url, "redis_url": redis_url}
    env = environment(home, client_rate=f"{ALLOWED}/hour", **settings)
    with talking(gunicorn("-w", "2"), env) as process:
        urls = {line_with("spe-gateway is ready on ", process).split()[-1] for _ in range(2)}
        (url,) = urls
        form = {
            "grant_type": "client_credentials",
            "client_id": operator.client_id,
            "client_secret": operator.client_secret,
        }
        token = requests.post(f"{url}/oauth/token", data=form, timeout=20).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        answers = [requests.get(f"{url}/me", headers=headers, timeout=20) for _ in range(30)]

    assert Counter(answer.status_code for answer in answers) == {200: ALLOWED, 429: 30 - ALLOWED}
    left = [int(re.findall(r'"client";r=(\d+)', each.headers["RateLimit"])[0]) for each in answers]
    assert left == [*range(ALLOWED - 1, -1, -1), *[0] * (30 - ALLOWED)]


def test_several_workers_need_a_redis(tmp_path: Path, empty_postgresql_url: str) -> None:
    home = tmp_path / "home"
    initialise(Settings(home=home, database_url=empty_postgresql_url))
    with talking(
        gunicorn("-w", "2"), environment(home, database_url=empty_postgresql_url)
    ) as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "set SPE_GATEWAY_REDIS_URL, or leave workers at 1." in said


def test_of_two_that_set_up_at_once_one_does(tmp_path: Path, empty_postgresql_url: str) -> None:
    key = Fernet.generate_key().decode()
    env = environment(tmp_path, database_url=empty_postgresql_url, master_keys=key)
    both = [
        subprocess.Popen(  # noqa: S603 - our own program, and no shell
            [*PROGRAM, "init"],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60) for process in both]

    assert sorted(process.returncode for process in both) == [0, 1]
    assert sum("clientSecret" in out for out, _ in said) == 1
    assert sum("set up already" in err for _, err in said) == 1


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:9/gateway", "postgresql://"])
def test_a_database_that_is_not_there_is_one_line(tmp_path: Path, url: str) -> None:
    env = environment(tmp_path, database_url=url)
    done = subprocess.run(  # noqa: S603 - likewise
        [*PROGRAM, "init"], env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("spe-gateway: ")
    assert "Traceback" not in done.stderr
