-- Takes the claims of messages, or says why not.
-- KEYS[3 * i .. 3 * i + 2] buckets of three windows, for the i-th message
-- ARGV[4] first of those windows   ARGV[5] how long a claim holds, ms   ARGV[6] a worker is dead after, ms
-- ARGV[7] '1': strict after a loss
-- then per message, from `arg` on:
--   field: app/id/generation         + 1 positions of this message, digits   + 2 positions in doubt, digits
--   + 3 '1': redelivered or again    + 4 birth since which the channel answered
--   + 5 created_at, ms               + 6 '1': may be repeated                + 7 positions to send, digits
--   + 8 most positions to start      + 9 the delivery for which the worker asks, '0': none. What it was granted before,
--       it was not told of: nothing was sent on it, and it is granted again
-- Returns {clock, born, now}: ask again, or {ok, born, now, answer, ...}, an answer a message:
--   {broken, why}                                          its record cannot be read
--   {verify}                                               ask again
--   {settled, states, meta, results}                       every position of this message has an outcome
--   {busy}                                                 a living worker holds it
--   {go, number, states, ambiguous digits, window digits}  the claim is the caller's
local first, hold, dead_after, strict = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'
if not buckets(first, 3) then return { 'clock', born, now } end

local function claim(at, arg)
  local current, previous = buckets(first, at)
  local field, left, doubt = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2]
  local record, from = load(current, previous, field)
  local targets = #left
  local all_ambiguous, mine = false, false
  if not record then
    local created = tonumber(ARGV[arg + 5])
    local older = tonumber(string.match(born, '^%d+')) + 60000 < created and now - created < window_ms
    if not older then
      if ARGV[arg + 3] == '1' or strict then
        all_ambiguous = true
      elseif ARGV[arg + 4] ~= born then
        return { 'verify' }
      end
    end
    record = { 0, '', 0, born, string.rep('.', targets), '', '' }
  else
    local settled = true
    for i = 1, targets do
      if string.sub(left, i, i) == '1' and is_open(string.sub(record[5], i, i)) then settled = false break end
    end
    if settled then return { 'settled', record[5], record[6], record[7] } end
    mine = record[2] == ARGV[2] and record[8] == ARGV[arg + 9] and ARGV[arg + 9] ~= '0'
    if record[2] ~= '' and record[3] > now and not mine then
      local beat = redis.call('HGET', KEYS[2], record[2])
      if beat and tonumber(beat) + dead_after > now then return { 'busy' } end
    end
    all_ambiguous = record[4] ~= born
  end
  local states, ambiguous, window = {}, {}, {}
  local room = tonumber(ARGV[arg + 8])
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
      if room > 0 and string.sub(ARGV[arg + 7], i, i) == '1' and (amb == '0' or ARGV[arg + 6] == '1') then
        start, started, room = '1', true, room - 1
      end
      state = started and (doubted and 'D' or 's') or (doubted and 'd' or '.')
    end
    states[i], ambiguous[i], window[i] = state, amb, start
  end
  local number = mine and record[1] or redis.call('HINCRBY', KEYS[1], 'n', 1)
  record[1], record[2], record[3], record[4] = number, ARGV[2], now + hold, born
  record[8] = ARGV[arg + 9]
  -- A repeat under the same id may have fewer targets: what it does not speak of stays.
  record[5] = table.concat(states) .. string.sub(record[5], targets + 1)
  save(current, previous, field, record, from)
  return { 'go', number, record[5], table.concat(ambiguous), table.concat(window) }
end

return each(8, 10, claim)
