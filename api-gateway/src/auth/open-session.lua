-- A new session with its refresh family; beyond the cap the user's oldest sessions go. Nothing when the account has changed
-- since its credentials were verified: whoever changed it ended all sessions, and this one was not there yet.
-- KEYS user-sessions:<user>, session:<id>, refresh:<id>, account-changed:<user>
-- ARGV id, user id, role, the account's version as it was verified, ip, user agent, refresh token id, idle ms, absolute ms, cap
local changed = redis.call('GET', KEYS[4])
if changed and tonumber(changed) > tonumber(ARGV[4]) then return false end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local endsAt = now + ARGV[9]

for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', 'session:' .. id) == 0 then redis.call('ZREM', KEYS[1], id) end
end
local surplus = redis.call('ZCARD', KEYS[1]) + 1 - ARGV[10]
if surplus > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, surplus - 1)) do
    redis.call('DEL', 'session:' .. id, 'refresh:' .. id)
    redis.call('ZREM', KEYS[1], id)
  end
end

redis.call('HSET', KEYS[2], 'userId', ARGV[2], 'role', ARGV[3], 'roleSince', ARGV[4], 'openedWith', ARGV[4], 'createdAt', now,
  'lastSeenAt', now, 'ip', ARGV[5], 'userAgent', ARGV[6])
redis.call('HSET', KEYS[3], 'userId', ARGV[2], 'generation', 0, 'jti', ARGV[7], 'previousJti', '', 'rotatedAt', now,
  'successorUsed', 0, 'endsAt', endsAt)
local lifetime = math.min(ARGV[8], ARGV[9])
redis.call('PEXPIRE', KEYS[2], lifetime)
redis.call('PEXPIRE', KEYS[3], lifetime)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[9])
return { now, endsAt }
