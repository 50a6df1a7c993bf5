"""Moving windows in Redis: what all processes count together, a call in one question.

A window is a list of the times of its calls, oldest first, in microseconds of Redis's own clock:
processes whose clocks differ count alike. It is never longer than its rate allows, and goes when
its last call has left it.
"""

from typing import Final

import redis

from gateway.storage.rate_windows import Standing, Window, standing
from gateway.storage.redis_connections import asking

PREFIX: Final = "spe-gateway:rates"

CLOCK: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""
"""Sets ``now``."""

COUNT: Final = """
local function made_before(key, made, moment)
  local low, high = 0, made
  while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(redis.call('LINDEX', key, middle)) < moment then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- Drops what has left the window. What is still to come is dropped too: the clock was set back,
-- and nobody is to wait until it is there again.
local function kept(key, length)
  local made = redis.call('LLEN', key)
  if made == 0 then
    return 0
  end
  local begin, stop = 0, made
  if tonumber(redis.call('LINDEX', key, 0)) < now - length then
    begin = made_before(key, made, now - length)
  end
  if tonumber(redis.call('LINDEX', key, -1)) > now then
    stop = made_before(key, made, now + 1)
  end
  if begin == stop then
    redis.call('DEL', key)
  elseif stop - begin < made then
    redis.call('LTRIM', key, begin, stop - 1)
  end
  return stop - begin
end

local answer = {}
for index, key in ipairs(KEYS) do
  local amount, seconds = tonumber(ARGV[2 * index - 1]), tonumber(ARGV[2 * index])
  local length = seconds * 1000000
  local made = kept(key, length)
  local passed = made < amount
  if passed then
    made = redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('EXPIRE', key, seconds + 1)
  end
  table.insert(answer, passed and 1 or 0)
  table.insert(answer, made)
  table.insert(answer, tonumber(redis.call('LINDEX', key, 0)) + length - now)
  if not passed then
    break
  end
end
return answer
"""
"""Counts a call in each window, up to the first that refuses it.

KEYS are the windows; ARGV has two numbers for each, calls and seconds. Returns three numbers for
each window that was looked at: 1 if the call is counted or 0, the calls in it, and the microseconds
until the oldest leaves.
"""


class SharedWindows:
    """Counts calls; a call that is refused is not counted.

    Args:
        client: of the Redis that all processes share.
        clock: Lua that sets ``now``, in microseconds.
    """

    def __init__(self, client: redis.Redis, clock: str = CLOCK) -> None:
        self._client = client
        self._script = client.register_script(clock + COUNT)

    def count(self, *windows: Window) -> list[Standing]:
        """Count a call in each of some windows, up to the first that refuses it.

        Args:
            windows: of one group, so that their keys lie together where Redis is divided.

        Raises:
            RedisAway: Redis does not answer, or refuses to write; nothing is counted.
        """
        quotas = [number for window in windows for number in window.rate]
        with asking():
            answer = iter(self._script([_key(window) for window in windows], quotas))
        return [
            standing(window, made, rest, passed=bool(passed))
            for window, passed, made, rest in zip(windows, answer, answer, answer, strict=False)
        ]

    def close(self) -> None:
        """Close the connections."""
        self._client.connection_pool.disconnect()


def _key(window: Window) -> str:
    return f"{PREFIX}:{{{window.group}}}:{window.policy}:{window.who}:{window.rate.seconds}"
