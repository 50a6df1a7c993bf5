-- What wrk sends, and what it says at the end: one line of JSON.
-- Arguments: method, body ("" for none), paths; headers come from wrk's own -H.

local threads = {}
local requests, asked = {}, 0
others = 0

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  wrk.method = arguments[1] or "GET"
  if arguments[2] and arguments[2] ~= "" then
    wrk.body = arguments[2]
  end
  for number = 3, #arguments do
    table.insert(requests, wrk.format(nil, arguments[number]))
  end
  if #requests == 0 then
    table.insert(requests, wrk.format())
  end
end

function request()
  asked = asked % #requests + 1
  return requests[asked]
end

function response(status)
  if status ~= 200 then -- a 202 is no answer either
    others = others + 1
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("others")
  end
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "failed": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
