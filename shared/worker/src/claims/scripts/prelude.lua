-- Common to every script of the claims store; prepended to each of them.
-- KEYS[1] meta (hash): run = the server's run id, born = its birth as we saw it, n = last claim number
-- KEYS[2] live (hash): worker -> time of its last call, ms
-- ARGV[1] the run id of the server that the caller is connected to
-- ARGV[2] the calling worker
-- ARGV[3] length of the de-duplication window, ms
-- Every call renews the worker's heartbeat. The birth changes when the run id does, or when the data is gone.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window_ms = tonumber(ARGV[3])
local meta = redis.call('HMGET', KEYS[1], 'run', 'born')
local born = meta[2]
if not born or meta[1] ~= ARGV[1] then
  born = now .. ':' .. string.sub(ARGV[1], 1, 8)
  -- Numbers never come back, whatever was lost: a claim of an earlier birth must not name one of this.
  local last = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
  local number = string.format('%.0f', math.max(last + 1, now * 1000))
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'born', born, 'n', number)
end
redis.call('HSET', KEYS[2], ARGV[2], now)

-- The buckets of the window that Redis is in and of the one before, out of three that the caller names for the
-- windows first, first + 1 and first + 2. A caller whose clock is further off is told the time and asks again.
local function buckets(first, at)
  local index = math.floor(now / window_ms) - first
  if index < 1 or index > 2 then return nil end
  return KEYS[at + index], KEYS[at + index - 1]
end

-- A record: number, owner ('' free), until (ms), stamp, states (a character a position), meta and results (texts of
-- the caller), delivery for which it was claimed last. States: '.' open, 's' started, 'd' doubt, 'D' started and doubt, 'r' repeated in the next generation,
-- 'q' the same with doubt, 'x' has an outcome that was published, any other letter an outcome.
local function load(current, previous, field)
  local packed = redis.call('HGET', current, field)
  if packed then return cmsgpack.unpack(packed), current end
  packed = redis.call('HGET', previous, field)
  if packed then return cmsgpack.unpack(packed), previous end
  return nil
end

-- `from` is the bucket that the record was loaded from. A bucket is written to for one window at most, so what is new
-- in it keeps it for a window after the last write to anything in it.
local function save(current, previous, field, record, from)
  redis.call('HSET', current, field, cmsgpack.pack(record))
  if from == current then return end
  if from == previous then redis.call('HDEL', previous, field) end
  redis.call('PEXPIRE', current, 2 * window_ms + 60000)
end

-- One answer a message, for as many as the caller asks about: each has three buckets, after the two common keys, and
-- `width` arguments, from the one with the number `from` on. A record that cannot be read takes nobody else's answer
-- with it.
local function each(from, width, answer)
  local said, at = { 'ok', born, now }, 3
  for arg = from, #ARGV, width do
    local fine, told = pcall(answer, at, arg)
    if not fine then told = { 'broken', type(told) == 'table' and told.err or told } end
    said[#said + 1], at = told, at + 3
  end
  return said
end

local function is_open(state)
  return state == '.' or state == 's' or state == 'd' or state == 'D'
end
