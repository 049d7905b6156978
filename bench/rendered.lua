-- What wrk asks for: the paths of a file, in turn; a %d in one gets another number each time, so that no picture is made twice.
--     wrk -t1 -c8 -d4s -s bench/rendered.lua URL -- PATHS TOKEN ROUND
-- TOKEN "-" sends none. Prints "<n> pictures of <bytes> bytes in <s> s" at the end; anything but a picture is an error.

local paths, headers, asked, number = {}, { ["Accept"] = "image/jpeg" }, 0, 0

function init(arguments)
  for line in io.lines(arguments[1]) do paths[#paths + 1] = line end
  if arguments[2] ~= "-" then headers["Authorization"] = "Bearer " .. arguments[2] end
  number = tonumber(arguments[3]) * 1000000
end

function request()
  local path = paths[asked % #paths + 1]
  asked, number = asked + 1, number + 1
  return wrk.format("GET", (path:gsub("%%d", tostring(number))), headers)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  if failed > 0 then
    print(failed .. " requests failed")
  else
    print(string.format("%.1f pictures/s of %d bytes", summary.requests / summary.duration * 1e6, summary.bytes / math.max(1, summary.requests)))
  end
end
