-- Counts devices under a cap of one day, up or down. The same arithmetic as in counts.rs, step by step: change both.
-- KEYS[1..] the bucket (hash) of each device, ":<number of the bucket, 0 to 65535>" at its end: 5 bytes of the token's
--   hash -> how often the device was counted. Devices may share one. Gone within the hour after the day, each bucket at
--   its own moment.
-- ARGV[1] '1': take, '0': give back
-- ARGV[2] how often a device may be counted on that day
-- ARGV[3] the day's end, ms
-- ARGV[4..] field of each device, in the order of the keys
-- Returns {digits}: a text, '1' for each device that was under the cap and is counted, or was counted and is given back
local take, limit = ARGV[1] == '1', tonumber(ARGV[2])
local digits = {}
for i = 1, #KEYS do
  local field, flag = ARGV[3 + i], '0'
  local count = tonumber(redis.call('HGET', KEYS[i], field) or '0')
  if take and count < limit then
    flag = '1'
    redis.call('HINCRBY', KEYS[i], field, 1)
    if count == 0 then
      -- The bucket may be new. If it is not, it has this time already.
      local margin = math.floor(tonumber(string.match(KEYS[i], '%d+$')) * 3600000 / 65536)
      redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', tonumber(ARGV[3]) + margin))
    end
  elseif not take and count > 0 then
    flag = '1'
    -- The last field takes its bucket along.
    if count > 1 then redis.call('HINCRBY', KEYS[i], field, -1) else redis.call('HDEL', KEYS[i], field) end
  end
  digits[i] = flag
end
return { table.concat(digits) }
