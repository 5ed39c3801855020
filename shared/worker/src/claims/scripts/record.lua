-- Writes outcomes, and claims the next window in the same step.
-- KEYS[3..5] buckets of three windows
-- ARGV[4] first window   ARGV[5] field   ARGV[6] positions of this message, digits
-- ARGV[7] number, 0 for a claim that was never taken   ARGV[8] stamp of the claim
-- ARGV[9] a character a position: '.' nothing new, '-' surely not taken (open again, a doubt stays), else an outcome's
--         letter, 'r' or 'q'
-- ARGV[10] meta   ARGV[11] results, appended   ARGV[12] positions the next window may start, digits
-- ARGV[13] how many of them, 0: none and the claim is given back   ARGV[14] how long the claim holds, ms
-- ARGV[15] the delivery, '0': none. What it sent without a claim is written on one that it was not told of
-- Returns {what, born, now, ...}:
--   clock                            ask again
--   lost                             another claim was taken: nothing is written
--   settled, states, meta, results   every position of this message has an outcome
--   again                            written, but the store is younger than the claim: no next window on it
--   next, states, window digits      go on
--   stopped                          written and given back
local current, previous = buckets(tonumber(ARGV[4]), 3)
if not current then return { 'clock', born, now } end
local field, left, outcomes = ARGV[5], ARGV[6], ARGV[9]
local record, from = load(current, previous, field)
local untold = ARGV[7] == '0' and ARGV[15] ~= '0' and record and record[8] == ARGV[15]
local ours = record and record[2] == ARGV[2] and (record[1] == tonumber(ARGV[7]) or untold)
if record and not ours then return { 'lost', born, now } end
local weak = not record or record[4] ~= born
if not record then record = { 0, '', 0, ARGV[8], string.rep('.', #left), '', '' } end
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
record[6] = ARGV[10]
if ARGV[11] ~= '' then record[7] = record[7] == '' and ARGV[11] or record[7] .. ',' .. ARGV[11] end
local answer = 'settled'
local window = {}
record[2], record[3] = '', 0
if open and weak then
  answer = 'again'
elseif open and tonumber(ARGV[13]) == 0 then
  answer = 'stopped'
elseif open then
  answer = 'next'
  local room, may = tonumber(ARGV[13]), ARGV[12]
  for i = 1, #left do
    window[i] = '0'
    if room > 0 and string.sub(may, i, i) == '1' and is_open(states[i]) then
      window[i], room = '1', room - 1
      states[i] = (states[i] == 'd' or states[i] == 'D') and 'D' or 's'
    end
  end
  record[2], record[3] = ARGV[2], now + tonumber(ARGV[14])
end
record[5] = table.concat(states) .. string.sub(record[5], #left + 1)
save(current, previous, field, record, from)
if answer == 'settled' then return { answer, born, now, record[5], record[6], record[7] } end
if answer == 'next' then return { answer, born, now, record[5], table.concat(window) } end
return { answer, born, now }
