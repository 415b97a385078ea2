-- A new role on all live sessions of a user, unless they know a newer one.
-- KEYS user-sessions:<user>, account-changed:<user>
-- ARGV role, the account's version with it, how long to remember that version (ms)
local remembered = redis.call('GET', KEYS[2])
if not remembered or tonumber(remembered) < tonumber(ARGV[2]) then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local known = redis.call('HGET', 'session:' .. id, 'roleSince')
  if known and tonumber(known) <= tonumber(ARGV[2]) then
    redis.call('HSET', 'session:' .. id, 'role', ARGV[1], 'roleSince', ARGV[2])
  end
end
return redis.status_reply('OK')
