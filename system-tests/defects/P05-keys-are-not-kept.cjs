require('./P03-keys-are-not-kept.cjs');
