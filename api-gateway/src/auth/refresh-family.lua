-- One rotation of a refresh family.
-- KEYS refresh:<id>, session:<id>, user-sessions:<user>
-- ARGV session id, presented token's id, its generation, its successor's id, asked at (ms, this server's clock),
--      patience ms, grace ms, idle ms, role, role known since (ms), names of the keys that sign the successors: access, refresh
-- Answers { 'rotated' | 'repeated', generation, rotated at, ends at, refresh token's id, keys' names: access, refresh }
--      or { 'late' | 'unknown' | 'reused' }
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- The client has long been told that this failed; rotating now would use up its token behind its back.
if now - ARGV[5] > tonumber(ARGV[6]) then return { 'late' } end

local family = redis.call('HMGET', KEYS[1], 'generation', 'jti', 'previousJti', 'rotatedAt', 'successorUsed', 'endsAt',
  'accessKid', 'refreshKid')
local generation = tonumber(family[1])
if not generation or redis.call('EXISTS', KEYS[2]) == 0 or tonumber(ARGV[3]) > generation then return { 'unknown' } end
local endsAt = tonumber(family[6])

if ARGV[2] == family[2] then
  redis.call('HSET', KEYS[1], 'generation', generation + 1, 'jti', ARGV[4], 'previousJti', ARGV[2], 'rotatedAt', now,
    'successorUsed', 0, 'accessKid', ARGV[11], 'refreshKid', ARGV[12])
  redis.call('HSET', KEYS[2], 'lastSeenAt', now)
  if tonumber(ARGV[10]) >= tonumber(redis.call('HGET', KEYS[2], 'roleSince')) then
    redis.call('HSET', KEYS[2], 'role', ARGV[9], 'roleSince', ARGV[10])
  end
  local lifetime = math.max(1, math.min(ARGV[8], endsAt - now))
  redis.call('PEXPIRE', KEYS[1], lifetime)
  redis.call('PEXPIRE', KEYS[2], lifetime)
  return { 'rotated', generation + 1, now, endsAt, ARGV[4], ARGV[11], ARGV[12] }
end

-- Its answer may have been lost, or a second tab asked at the same time. Keys may have changed since, so it is told by
-- which the first answer was signed.
if ARGV[2] == family[3] and family[5] == '0' and now - family[4] <= tonumber(ARGV[7]) then
  return { 'repeated', generation, tonumber(family[4]), endsAt, family[2], family[7], family[8] }
end

redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return { 'reused' }
