-- Confirms a claim that has become old, right before bytes are written. It never grants.
-- KEYS[3..5] buckets of three windows
-- ARGV[4] first window   ARGV[5] field   ARGV[6] number   ARGV[7] stamp   ARGV[8] how long the claim holds from now, ms
-- Returns {ok | lost | clock, born, now}
local current, previous = buckets(tonumber(ARGV[4]), 3)
if not current then return { 'clock', born, now } end
local record, from = load(current, previous, ARGV[5])
if not record or record[1] ~= tonumber(ARGV[6]) or record[2] ~= ARGV[2] or record[4] ~= ARGV[7] or born ~= ARGV[7] then
  return { 'lost', born, now }
end
record[3] = now + tonumber(ARGV[8])
save(current, previous, ARGV[5], record, from)
return { 'ok', born, now }
