require('./change-script.cjs')('refresh-family.lua', "redis.call('DEL', KEYS[1], KEYS[2])", '');
