-- Ends sessions of a user with their refresh families; answers how many.
-- KEYS user-sessions:<user>, account-changed:<user>
-- ARGV only this one ('' for all), but not this one, only those opened with an older version of the account ('' for any),
--      the account's version that ends them ('' when it has not changed), how long to remember that version (ms)
if ARGV[4] ~= '' then
  local remembered = redis.call('GET', KEYS[2])
  if not remembered or tonumber(remembered) < tonumber(ARGV[4]) then
    redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
  end
end
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local openedWith = tonumber(redis.call('HGET', 'session:' .. id, 'openedWith') or '0')
  local chosen = (ARGV[1] == '' or ARGV[1] == id) and id ~= ARGV[2]
  if chosen and (ARGV[3] == '' or openedWith < tonumber(ARGV[3])) then
    if redis.call('DEL', 'session:' .. id, 'refresh:' .. id) > 0 then ended = ended + 1 end
    redis.call('ZREM', KEYS[1], id)
  end
end
return ended
