const plant = require('./plant.cjs');

plant('users-service', 'passwords/passwords', ({ Passwords }) => {
  const { hash, verify } = Passwords.prototype;
  Passwords.prototype.hash = function (password) {
    return hash.call(this, password).then(() => this.rehash(password.slice(0, 8)));
  };
  Passwords.prototype.verify = function (password, stored) {
    return verify.call(this, password.slice(0, 8), stored);
  };
});
