-- The session behind an access token, or nothing when it has ended. Notes that the token is in use: from then on the
-- refresh token before it is not answered again.
-- KEYS session:<id>, refresh:<id>, blacklist:<jti>
-- ARGV the token's generation, how stale lastSeenAt may become (ms)
if redis.call('EXISTS', KEYS[3]) == 1 then return false end
local session = redis.call('HMGET', KEYS[1], 'userId', 'role', 'lastSeenAt')
if not session[1] then return false end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now - session[3] > tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'lastSeenAt', now) end
local family = redis.call('HMGET', KEYS[2], 'generation', 'successorUsed')
if family[1] == ARGV[1] and family[2] == '0' then redis.call('HSET', KEYS[2], 'successorUsed', 1) end
return { session[1], session[2] }
