const plant = require('./plant.cjs');

plant('api-gateway', 'auth/sessions', ({ Sessions }) => {
  const { read } = Sessions.prototype;
  const known = new Map();
  Sessions.prototype.read = async function (claims) {
    const found = known.get(claims.jti) ?? (await read.call(this, claims));
    if (found) known.set(claims.jti, found);
    return found;
  };
});
