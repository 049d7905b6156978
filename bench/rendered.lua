-- What wrk asks for: the paths of a file, in turn; a %d in one gets another number each time, so that no picture is made twice.
--     wrk -t1 -c8 -d4s -s bench/rendered.lua URL -- PATHS TOKEN ROUND
-- TOKEN "-" sends none. Last line: "<n> pictures/s of <bytes> bytes", or how many requests were answered by an error or not at all.

local before, after, asked, number = {}, {}, 0, 0

function init(arguments)
  local authorization = arguments[2] ~= "-" and "Authorization: Bearer " .. arguments[2] .. "\r\n" or ""
  local rest = " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAccept: image/jpeg\r\n" .. authorization .. "\r\n"
  for line in io.lines(arguments[1]) do
    local head, tail = line:match("^(.-)%%d(.*)$")
    before[#before + 1] = "GET " .. (head or line)
    after[#after + 1] = head and (tail .. rest) or rest
    is_counted = head ~= nil
  end
  number = tonumber(arguments[3]) * 1000000
end

function request()
  local place = asked % #before + 1
  asked, number = asked + 1, number + 1
  return before[place] .. (is_counted and number or "") .. after[place]
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
