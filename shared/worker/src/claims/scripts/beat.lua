-- Renews the heartbeat without anything else, forgets workers that are long dead, and reads what every replica must
-- know: how many live and which blocks stand.
-- KEYS[3] blocks (hash): subject -> JSON record with "until" (ms)
-- ARGV[4] a worker is dead after, ms
-- Returns {ok, born, now, living workers, subject, record, subject, record, ...}
local living = 0
local workers = redis.call('HGETALL', KEYS[2])
for i = 1, #workers, 2 do
  local age = now - tonumber(workers[i + 1])
  if age < tonumber(ARGV[4]) then living = living + 1 elseif age > 600000 then redis.call('HDEL', KEYS[2], workers[i]) end
end
local answer = { 'ok', born, now, living }
local blocks = redis.call('HGETALL', KEYS[3])
for i = 1, #blocks, 2 do
  answer[#answer + 1] = blocks[i]
  answer[#answer + 1] = blocks[i + 1]
end
return answer
