-- Notes a job under its collapse key and says for which tokens a newer one is known.
-- KEYS[3] one hash per app and collapse key: token -> rank of the newest job
-- ARGV[4] '1': note it, '0': only look   ARGV[5] rank: cancel, seq, created_at, id, each padded so that texts compare
-- ARGV[6] how long to remember, ms       ARGV[7..] tokens, hashed
-- Returns {ok, born, now, digits: '1' where a newer job is known}
local rank, digits = ARGV[5], {}
for i = 7, #ARGV do
  local newest = redis.call('HGET', KEYS[3], ARGV[i])
  local newer = newest and newest > rank
  if ARGV[4] == '1' and (not newest or newest < rank) then redis.call('HSET', KEYS[3], ARGV[i], rank) end
  digits[#digits + 1] = newer and '1' or '0'
end
if ARGV[4] == '1' and redis.call('PTTL', KEYS[3]) < tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[3], ARGV[6]) end
return { 'ok', born, now, table.concat(digits) }
