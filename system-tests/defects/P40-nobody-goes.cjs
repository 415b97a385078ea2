require('./change-script.cjs')('open-session.lua', 'if surplus > 0', 'if false');
