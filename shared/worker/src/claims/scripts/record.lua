-- Writes the outcomes of messages, and claims the next window of each in the same step.
-- KEYS[3 * i .. 3 * i + 2] buckets of three windows, for the i-th message
-- ARGV[4] first window   ARGV[5] how long a claim holds, ms
-- then per message, from `arg` on:
--   field   + 1 positions of this message, digits
--   + 2 number, 0 for a claim that was never taken   + 3 stamp of the claim
--   + 4 a character a position: '.' nothing new, '-' surely not taken (open again, a doubt stays), else an outcome's
--       letter, 'r' or 'q'
--   + 5 meta   + 6 results, appended   + 7 positions the next window may start, digits
--   + 8 how many of them, 0: none and the claim is given back
--   + 9 the delivery, '0': none. What it sent without a claim is written on one that it was not told of
-- Returns {clock, born, now}: ask again, or {ok, born, now, answer, ...}, an answer a message:
--   {broken, why}                      its record cannot be read
--   {lost}                             another claim was taken: nothing is written
--   {settled, states, meta, results}   every position of this message has an outcome
--   {alone, states}                    the same, and the caller said all of it just now
--   {again}                            written, but the store is younger than the claim: no next window on it
--   {next, states, window digits}      go on
--   {stopped}                          written and given back
local first, hold = tonumber(ARGV[4]), tonumber(ARGV[5])
if not buckets(first, 3) then return { 'clock', born, now } end

local function write(at, arg)
  local current, previous = buckets(first, at)
  local field, left, outcomes = ARGV[arg], ARGV[arg + 1], ARGV[arg + 4]
  local record, from = load(current, previous, field)
  local untold = ARGV[arg + 2] == '0' and ARGV[arg + 9] ~= '0' and record and record[8] == ARGV[arg + 9]
  local ours = record and record[2] == ARGV[2] and (record[1] == tonumber(ARGV[arg + 2]) or untold)
  if record and not ours then return { 'lost' } end
  local weak = not record or record[4] ~= born
  if not record then record = { 0, '', 0, ARGV[arg + 3], string.rep('.', #left), '', '' } end
  local states, open = {}, false
  for i = 1, #left do
    local state, outcome = string.sub(record[5], i, i), string.sub(outcomes, i, i)
    if outcome == '-' then
      if is_open(state) then state = (state == 'd' or state == 'D') and 'd' or '.' end
    elseif outcome ~= '.' then
      state = outcome
    end
    if string.sub(left, i, i) == '1' and is_open(state) then open = true end
    states[i] = state
  end
  record[6] = ARGV[arg + 5]
  if ARGV[arg + 6] ~= '' then record[7] = record[7] == '' and ARGV[arg + 6] or record[7] .. ',' .. ARGV[arg + 6] end
  local answer = 'settled'
  local window = {}
  record[2], record[3] = '', 0
  if open and weak then
    answer = 'again'
  elseif open and tonumber(ARGV[arg + 8]) == 0 then
    answer = 'stopped'
  elseif open then
    answer = 'next'
    local room, may = tonumber(ARGV[arg + 8]), ARGV[arg + 7]
    for i = 1, #left do
      window[i] = '0'
      if room > 0 and string.sub(may, i, i) == '1' and is_open(states[i]) then
        window[i], room = '1', room - 1
        states[i] = (states[i] == 'd' or states[i] == 'D') and 'D' or 's'
      end
    end
    record[2], record[3] = ARGV[2], now + hold
  end
  record[5] = table.concat(states) .. string.sub(record[5], #left + 1)
  save(current, previous, field, record, from)
  if answer == 'settled' then
    if record[7] == ARGV[arg + 6] then return { 'alone', record[5] } end
    return { answer, record[5], record[6], record[7] }
  end
  if answer == 'next' then return { answer, record[5], table.concat(window) } end
  return { answer }
end

return each(6, 10, write)
