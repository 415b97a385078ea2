-- A new role on all live sessions of a user, unless they know a newer one.
-- KEYS user-sessions:<user>
-- ARGV role, since (ms)
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local known = redis.call('HGET', 'session:' .. id, 'roleSince')
  if known and tonumber(known) <= tonumber(ARGV[2]) then
    redis.call('HSET', 'session:' .. id, 'role', ARGV[1], 'roleSince', ARGV[2])
  end
end
return redis.status_reply('OK')
