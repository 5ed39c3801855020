-- Gives a claim back whose bytes were never written: owner and the started bits of its window are cleared. What was
-- in doubt stays started.
-- KEYS[3..5] buckets of three windows
-- ARGV[4] first window   ARGV[5] field   ARGV[6] number   ARGV[7] window digits
-- Returns {ok | lost | clock, born, now}
local current, previous = buckets(tonumber(ARGV[4]), 3)
if not current then return { 'clock', born, now } end
local record, from = load(current, previous, ARGV[5])
if not record or record[1] ~= tonumber(ARGV[6]) or record[2] ~= ARGV[2] then return { 'lost', born, now } end
local states = {}
for i = 1, #record[5] do
  local state = string.sub(record[5], i, i)
  if state == 's' and string.sub(ARGV[7], i, i) == '1' then state = '.' end
  states[i] = state
end
record[2], record[3], record[5] = '', 0, table.concat(states)
save(current, previous, ARGV[5], record, from)
return { 'ok', born, now }
