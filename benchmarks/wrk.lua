-- Sends the paths of a file in turn, with the ETag of the second argument, if there is one, and
-- prints what came back as a line of JSON.

local requests, sent = {}, 0

function init(arguments)
  local headers = {["Host"] = "127.0.0.1"}
  if arguments[2] and arguments[2] ~= "" then
    headers["If-None-Match"] = arguments[2]
  end
  for path in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "microseconds": %d, "errors": %d}',
    summary.requests,
    summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
