require('./P34-a-lost-answer-is-not-repeated.cjs');
