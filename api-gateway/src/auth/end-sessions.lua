-- Ends sessions of a user with their refresh families; answers how many.
-- KEYS user-sessions:<user>
-- ARGV only this one ('' for all), but not this one, only those opened before (ms, '' for any)
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local createdAt = tonumber(redis.call('HGET', 'session:' .. id, 'createdAt') or '0')
  local chosen = (ARGV[1] == '' or ARGV[1] == id) and id ~= ARGV[2]
  if chosen and (ARGV[3] == '' or createdAt < tonumber(ARGV[3])) then
    if redis.call('DEL', 'session:' .. id, 'refresh:' .. id) > 0 then ended = ended + 1 end
    redis.call('ZREM', KEYS[1], id)
  end
end
return ended
