-- Hands out units of one class's daily quota. The same arithmetic as the ledger in ledger.rs, step by step: change both.
-- KEYS[1] the ledger (hash): per day "<day>:used" = units handed out, "<day>/<process>" = units that it holds or spent.
--   Days older than two are forgotten; gone after three idle days.
-- ARGV[1] the time in ms, for tests; empty: the server's own
-- ARGV[2] how far the vendor's day is ahead of UTC, ms
-- ARGV[3] units a day
-- ARGV[4] units that the caller's lane may bring the count to
-- ARGV[5] units that a job needs: so many or all that is left; 0: nothing is asked for
-- ARGV[6] living processes
-- ARGV[7] the calling process
-- ARGV[8] the day of the next two
-- ARGV[9] units that it was given on that day, less what it gave back: data that was lost is rebuilt from it
-- ARGV[10] units of that day that come back
-- ARGV[11] 1: the answer to its last question was lost, and what that gave comes back
-- Returns {units, day, used, now ms}
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function whole(value) return string.format('%.0f', value) end
local function read(field) return tonumber(redis.call('HGET', KEYS[1], field) or '0') end
local function write(field, value) redis.call('HSET', KEYS[1], field, whole(value)) end
local today = math.floor((now + tonumber(ARGV[2])) / 86400000)
local told = tonumber(ARGV[8])
if told >= today - 2 and told <= today then
  local of_day, of_caller = whole(told) .. ':used', whole(told) .. '/' .. ARGV[7]
  local used, own, claimed = read(of_day), read(of_caller), tonumber(ARGV[9])
  -- What the ledger does not know of any more was handed out all the same.
  if claimed > own then
    used = used + claimed - own
    own = claimed
  end
  -- Asked one question at a time, it has no more than it says.
  if ARGV[11] == '1' and claimed < own then
    used = used - math.min(own - claimed, math.max(used, 0))
    own = claimed
  end
  local back = math.min(math.max(math.min(tonumber(ARGV[10]), math.max(own, 0)), 0), math.max(used, 0))
  write(of_day, used - back)
  write(of_caller, own - back)
end
-- Once a day, by whoever comes first.
local first = whole(today) .. ':used'
if redis.call('HEXISTS', KEYS[1], first) == 0 then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    local day = tonumber(string.match(field, '^-?%d+'))
    if day < today - 2 or day > today then redis.call('HDEL', KEYS[1], field) end
  end
end
local used, need, units = read(first), tonumber(ARGV[5]), 0
local room = tonumber(ARGV[4]) - used
if need > 0 and room > 0 then
  local part = math.min(math.floor(tonumber(ARGV[3]) / 2000), math.floor(room / (4 * math.max(tonumber(ARGV[6]), 1))))
  units = math.min(math.max(need, math.min(math.max(part, 1), 1000)), room)
  used = used + units
  local of_caller = whole(today) .. '/' .. ARGV[7]
  write(of_caller, read(of_caller) + units)
end
write(first, used)
redis.call('PEXPIRE', KEYS[1], 259200000)
return { units, whole(today), whole(used), whole(now) }
