// Preloaded into every process of a system under test; changes only the app that it is about. Production code knows nothing of it.
const { basename, join } = require('node:path');
const { createRequire } = require('node:module');

/** Hands a module of an app's dist/, or of service-kit's, to `change`, before the app itself loads it; and what loads its packages. */
module.exports = function plant(app, file, change) {
  const cwd = process.cwd();
  if (basename(cwd) !== app || !/dist.main\.js$/.test(process.argv[1] ?? '')) return;
  const load = createRequire(join(cwd, 'package.json'));
  load('reflect-metadata');
  change(load(file.startsWith('service-kit/') ? `../${file.replace('/', '/dist/')}` : `./dist/${file}`), load);
};
