// The first container of `docker compose up`: makes what is missing, and hands each service what is its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCertificates } from '../local/certificates.mjs';
import { loadSecrets, writeWhole } from '../local/secrets.mjs';
import { adminPassword, BROKER_USER, CERTIFICATES, SECRETS, sharesOf } from './shares.mjs';

const volumes = process.env.VOLUMES || '/volumes';
const ownSecrets = join(volumes, 'secrets');

const commands = { admin: printAdmin, logins: printLogins };
await (commands[process.argv[2]] ?? handOut)();

async function handOut() {
  const secrets = loadSecrets(ownSecrets, SECRETS);
  const tls = join(ownSecrets, 'tls');
  await ensureCertificates(tls, CERTIFICATES);
  const shares = sharesOf({ secrets, tls });
  for (const [name, files] of Object.entries(shares)) share(name, files);
  console.log(`secrets and certificates are in place for: ${Object.keys(shares).join(', ')}`);
}

// Apps run as this container's user. The stores' users are their images' affair, so their files are for whoever has the volume.
function share(name, files) {
  const mode = CERTIFICATES.includes(name) ? 0o400 : 0o444;
  const folder = join(volumes, 'shares', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeWhole(join(folder, file), `${text.trim()}\n`, mode);
}

// For programs: the same as .local/admin.json, and nothing else.
function printAdmin() {
  console.log(JSON.stringify(admin(loadSecrets(ownSecrets, SECRETS)), null, 2));
}

function admin(secrets) {
  return { email: process.env.ADMIN_EMAIL, password: adminPassword(secrets) };
}

function printLogins() {
  const secrets = loadSecrets(ownSecrets, SECRETS);
  const { email, password } = admin(secrets);
  const postgres = (name) => `the database "${name}": user ${name}, password ${secrets[`postgres-${name}`]}`;
  const lines = [
    `the shop's admin: ${email}, password ${password}`,
    `Redis Commander: user admin, password ${secrets['redis-commander']}`,
    `RabbitMQ and its management UI: user ${BROKER_USER}, password ${secrets.rabbitmq}`,
    postgres('users'),
    postgres('orders'),
    `MongoDB: user products, password ${secrets['mongodb-products']}`,
    `Redis: password ${secrets.redis}`,
  ];
  console.log(lines.join('\n'));
}
