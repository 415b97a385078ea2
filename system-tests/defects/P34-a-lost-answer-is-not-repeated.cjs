require('./change-script.cjs')('refresh-family.lua', 'ARGV[2] == family[3] and', 'false and');
