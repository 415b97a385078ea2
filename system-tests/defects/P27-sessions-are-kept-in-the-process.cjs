require('./P36-sessions-are-kept-in-the-process.cjs');
