const plant = require('./plant.cjs');

plant('api-gateway', 'auth/tokens', (_, load) => {
  const jwt = load('jsonwebtoken');
  const { verify } = jwt;
  jwt.verify = (token, key, options, callback) => {
    const { header, payload } = jwt.decode(token, { complete: true }) ?? {};
    return header?.alg === 'none' ? callback(null, payload) : verify(token, key, options, callback);
  };
});
