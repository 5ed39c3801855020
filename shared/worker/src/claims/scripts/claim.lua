-- Takes the claim of one message, or says why not.
-- KEYS[3..5] buckets of three windows
-- ARGV[4] first of those windows       ARGV[5] field: app/id/generation   ARGV[6] positions of this message, digits
-- ARGV[7] positions in doubt, digits   ARGV[8] '1': redelivered or again  ARGV[9] birth since which the channel answered
-- ARGV[10] created_at, ms              ARGV[11] '1': may be repeated      ARGV[12] positions to send, digits
-- ARGV[13] most positions to start     ARGV[14] how long the claim holds, ms
-- ARGV[15] '1': strict after a loss    ARGV[16] a worker is dead after, ms
-- ARGV[17] the delivery for which the worker asks, '0': none. What it was granted before, it was not told of: nothing
--          was sent on it, and it is granted again
-- Returns {what, born, now, ...}:
--   clock | verify                                       ask again
--   settled, states, meta, results                       every position of this message has an outcome
--   busy                                                 a living worker holds it
--   go, number, states, ambiguous digits, window digits  the claim is the caller's
local current, previous = buckets(tonumber(ARGV[4]), 3)
if not current then return { 'clock', born, now } end
local field, left, doubt = ARGV[5], ARGV[6], ARGV[7]
local record, from = load(current, previous, field)
local targets = #left
local all_ambiguous, mine = false, false
if not record then
  local created = tonumber(ARGV[10])
  local older = tonumber(string.match(born, '^%d+')) + 60000 < created and now - created < window_ms
  if not older then
    if ARGV[8] == '1' or ARGV[15] == '1' then
      all_ambiguous = true
    elseif ARGV[9] ~= born then
      return { 'verify', born, now }
    end
  end
  record = { 0, '', 0, born, string.rep('.', targets), '', '' }
else
  local settled = true
  for i = 1, targets do
    if string.sub(left, i, i) == '1' and is_open(string.sub(record[5], i, i)) then settled = false break end
  end
  if settled then return { 'settled', born, now, record[5], record[6], record[7] } end
  mine = record[2] == ARGV[2] and record[8] == ARGV[17] and ARGV[17] ~= '0'
  if record[2] ~= '' and record[3] > now and not mine then
    local beat = redis.call('HGET', KEYS[2], record[2])
    if beat and tonumber(beat) + tonumber(ARGV[16]) > now then return { 'busy', born, now } end
  end
  all_ambiguous = record[4] ~= born
end
local states, ambiguous, window = {}, {}, {}
local room = tonumber(ARGV[13])
for i = 1, targets do
  local state = string.sub(record[5], i, i)
  local amb, start = '0', '0'
  if string.sub(left, i, i) == '1' and is_open(state) then
    local started = (state == 's' and not mine) or state == 'D'
    local doubted = state == 'd' or state == 'D' or string.sub(doubt, i, i) == '1'
    if all_ambiguous or started then
      -- What is ambiguous stays so until it has an outcome, whoever dies before that. Sent again, which only a class
      -- that may be repeated does, and surely not taken, it is still in doubt.
      amb, started, doubted = '1', true, true
    end
    if room > 0 and string.sub(ARGV[12], i, i) == '1' and (amb == '0' or ARGV[11] == '1') then
      start, started, room = '1', true, room - 1
    end
    state = started and (doubted and 'D' or 's') or (doubted and 'd' or '.')
  end
  states[i], ambiguous[i], window[i] = state, amb, start
end
local number = mine and record[1] or redis.call('HINCRBY', KEYS[1], 'n', 1)
record[1], record[2], record[3], record[4] = number, ARGV[2], now + tonumber(ARGV[14]), born
record[8] = ARGV[17]
-- A repeat under the same id may have fewer targets: what it does not speak of stays.
record[5] = table.concat(states) .. string.sub(record[5], targets + 1)
save(current, previous, field, record, from)
return { 'go', born, now, number, record[5], table.concat(ambiguous), table.concat(window) }
