-- After the acknowledgement: what was published needs no content any more, only that it has an outcome.
-- KEYS[3 * i .. 3 * i + 2] buckets of three windows, for the i-th message
-- ARGV[4] first window, then per message: field, positions of the message as digits
-- Returns {ok | clock, born, now}
local first = tonumber(ARGV[4])
if not buckets(first, 3) then return { 'clock', born, now } end
local at = 3
for arg = 5, #ARGV, 2 do
  local current, previous = buckets(first, at)
  at = at + 3
  local record, from = load(current, previous, ARGV[arg])
  if record then
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
  end
end
return { 'ok', born, now }
