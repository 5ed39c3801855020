-- Leases tokens of one limit. The same arithmetic as the bucket in bucket.rs, step by step: change both.
-- KEYS[1] the bucket (hash): at (µs), tokens, what normal and low are owed (n, l), what the others leave for them (dn,
--   dl) until when (un, ul), factor, slowed, shut, hold (µs). Gone after ten idle minutes.
-- ARGV[1] the time in µs, for tests; empty: the server's own
-- ARGV[2] what is aimed at, units a second
-- ARGV[3] capacity, units
-- ARGV[4] most units of one job
-- ARGV[5..7] units wanted in high, normal and low
-- ARGV[8..10] units of the first waiting job of each, given whole or not at all
-- ARGV[11] 1: the caller paced itself until now
-- ARGV[12] 1: the vendor said "slow down"
-- ARGV[13] ... and to send nothing for so long, µs
-- ARGV[14] units of an earlier lease that were not used; below zero: units that were sent without a lease
-- Returns {high, normal, low, wait µs, hold µs, factor as text}
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local aim, capacity, batch = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'at', 'tokens', 'n', 'l', 'dn', 'dl', 'un', 'ul', 'factor', 'slowed', 'shut', 'hold')
local function number(n, otherwise)
  return tonumber(kept[n] or '') or otherwise
end
-- Missing, it is empty: a loss of data grants no burst.
local at, tokens = number(1, now), number(2, 0)
local credit = { number(3, 0), number(4, 0) }
local due = { number(5, 0), number(6, 0) }
local due_until = { number(7, 0), number(8, 0) }
local factor, slowed, shut, hold = number(9, 1), number(10, 0), number(11, 0), number(12, 0)

-- Clocks that were set back must not leave a pause in the far future.
hold = math.min(hold, now + 1000000)
shut = math.min(shut, now + 60000000)
slowed = math.min(slowed, now)
for i = 1, 2 do
  if due_until[i] < now or due_until[i] > now + 200000 then due[i] = 0 end
end

-- The vendor's wishes, and recovery from earlier ones.
local steps = math.floor((now - slowed) / 10000000)
if factor < 1 and steps > 0 then
  factor = math.min(factor + 0.05 * steps, 1)
  slowed = slowed + steps * 10000000
end
if ARGV[12] == '1' and (factor >= 1 or now - slowed >= 1000000) then
  factor = math.max(factor * 0.7, 0.1)
  slowed = now
end
local pause = tonumber(ARGV[13])
if pause > 0 then shut = math.max(shut, now + math.min(pause, 60000000)) end

local rate = aim * factor
-- A clock that was set back fills nothing; from here on it counts.
local added = math.max(now - at, 0) * rate / 1000000
tokens = math.min(tokens + added + tonumber(ARGV[14]), capacity)
local shares = { 0.1, 0.02 }
for i = 1, 2 do credit[i] = math.min(credit[i] + added * shares[i], batch) end
if ARGV[11] == '1' and now >= hold + 5000000 then hold = now + 1000000 end

local given, wait, held = { 0, 0, 0 }, 0, 0
if now < hold then
  -- Nothing is saved up meanwhile, and what others send by themselves is paid for.
  tokens = math.min(tokens, 0)
  held = hold - now
  wait = held
elseif now < shut then
  wait = shut - now
else
  local floors = { 0, 0.1, 0.3 }
  local short = nil
  for lane = 1, 3 do
    local want, first = tonumber(ARGV[4 + lane]), tonumber(ARGV[7 + lane])
    if want > 0 then
      local head = math.min(math.max(first, 1), batch)
      local floor = floors[lane] * capacity
      local left = 0
      for below = lane, 2 do left = left + due[below] end
      local free = tokens - floor - left
      local needed = math.min(head, capacity - floor)
      local units = 0
      if free >= needed then
        units = math.max(head, math.min(want, math.floor(free)))
      elseif lane > 1 and credit[lane - 1] >= head and tokens - left >= math.min(head, capacity) then
        units = math.max(head, math.min(want, math.floor(math.min(credit[lane - 1], tokens - left))))
      end
      if units > 0 then
        tokens = tokens - units
        given[lane] = units
      end
      if lane > 1 then
        local owed = credit[lane - 1] >= head
        if units > 0 then
          credit[lane - 1] = math.max(credit[lane - 1] - units, 0)
          due[lane - 1] = 0
        elseif owed and first > 0 then
          due[lane - 1] = math.min(math.max(head, math.min(want, math.floor(credit[lane - 1]))), capacity)
          due_until[lane - 1] = now + 200000
        end
      end
      if units < want then
        local missing = needed + floor - tokens
        if not short or missing < short then short = missing end
      end
    end
  end
  if short then wait = math.ceil(math.min(math.max(short, 0) / rate * 1000000, 1000000)) end
end

local function text(value) return string.format('%.17g', value) end
redis.call('HSET', KEYS[1], 'at', text(now), 'tokens', text(tokens), 'n', text(credit[1]), 'l', text(credit[2]),
  'dn', text(due[1]), 'dl', text(due[2]), 'un', text(due_until[1]), 'ul', text(due_until[2]), 'factor', text(factor),
  'slowed', text(slowed), 'shut', text(shut), 'hold', text(hold))
redis.call('PEXPIRE', KEYS[1], 600000)
return { given[1], given[2], given[3], wait, held, text(factor) }
