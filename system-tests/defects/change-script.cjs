const plant = require('./plant.cjs');

/** Has the gateway send Redis another script than is written. */
module.exports = function changeScript(name, before, after) {
  plant('api-gateway', 'redis/redis', () => {
    const fs = require('node:fs');
    const { readFileSync } = fs;
    fs.readFileSync = (file, ...rest) => {
      const text = readFileSync(file, ...rest);
      if (!String(file).endsWith(name)) return text;
      if (!String(text).includes(before)) throw new Error(`${name} has no ${before}`);
      return String(text).replace(before, after);
    };
  });
};
