-- After the acknowledgement: what was published needs no content any more, only that it has an outcome.
-- KEYS[3 * i .. 3 * i + 2] buckets of three windows, for the i-th message
-- ARGV[4] first window, then per message, from `arg` on: field   + 1 positions of the message, digits
-- Returns {clock, born, now}: ask again, or {ok, born, now, answer, ...}, an answer a message:
--   {ok}            shrunk, or there is no record
--   {broken, why}   its record cannot be read
local first = tonumber(ARGV[4])
if not buckets(first, 3) then return { 'clock', born, now } end

local function shrink(at, arg)
  local current, previous = buckets(first, at)
  local record, from = load(current, previous, ARGV[arg])
  if not record then return { 'ok' } end
  local states, content = {}, false
  for i = 1, #record[5] do
    local state = string.sub(record[5], i, i)
    if not is_open(state) then
      if string.sub(ARGV[arg + 1], i, i) == '1' then state = 'x' elseif state ~= 'x' then content = true end
    end
    states[i] = state
  end
  record[5] = table.concat(states)
  if not content then record[6], record[7] = '', '' end
  save(current, previous, ARGV[arg], record, from)
  return { 'ok' }
end

return each(5, 2, shrink)
