-- Takes one of the points of a sliding window, if one is left: no stretch of the window's length has more than its points.
-- The counter is a JSON list of groups, oldest first, as [time of the group's newest request (ms), how many, …]. A group is at
-- most a twentieth of the window wide and leaves when its newest request is one window old.
-- KEYS the counter
-- ARGV points, window (ms), 0 to look without taking
-- Answers { 1 when one was left, how many count now, ms until the oldest of them leave }
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local window = tonumber(ARGV[2])

local kept = redis.call('GET', KEYS[1])
local before = kept and cjson.decode(kept) or {}
-- A plain number is from a gateway of before.
if type(before) ~= 'table' then before = {} end
local groups, counted = {}, 0
for i = 1, #before, 2 do
  if before[i] > now - window then
    groups[#groups + 1] = before[i]
    groups[#groups + 1] = before[i + 1]
    counted = counted + before[i + 1]
  end
end
if counted >= tonumber(ARGV[1]) then return { 0, counted, groups[1] + window - now } end
if ARGV[3] == '0' then return { 1, counted, 0 } end

local newest, width = #groups - 1, window / 20
if newest > 0 and math.floor(groups[newest] / width) == math.floor(now / width) then
  groups[newest], groups[newest + 1] = now, groups[newest + 1] + 1
else
  groups[newest + 2], groups[newest + 3] = now, 1
end
redis.call('SET', KEYS[1], cjson.encode(groups), 'PX', window)
return { 1, counted + 1, groups[1] + window - now }
