// The first container of `docker compose up`: makes what is missing, and hands each service what is its own.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { identityFrom } from '../backup/encryption.mjs';
import { ensureCertificates } from '../local/certificates.mjs';
import { loadSecrets, writeWhole } from '../local/secrets.mjs';
import { logins } from './logins.mjs';
import { adminPassword, authorityOf, CERTIFICATES, OTHER_USERS, SECRETS, sharesOf } from './shares.mjs';

const volumes = process.env.VOLUMES || '/volumes';
const tls = join(volumes, 'secrets', 'tls');
const backupKeyFile = join(volumes, 'secrets', 'backup-key');

const commands = { admin: printAdmin, 'backup-key': printBackupKey, ca: printAuthority, logins: printLogins };
await (commands[process.argv[2]] ?? handOut)();

async function handOut() {
  const backupKey = await identityFrom(backupKeyFile);
  const recipient = await identityToRecipient(backupKey);
  const secrets = { ...ownSecrets(), 'backup-key': backupKey, 'backup-recipient': recipient };
  await ensureCertificates(tls, CERTIFICATES);
  const shares = sharesOf({ secrets, tls });
  for (const [name, files] of Object.entries(shares)) share(name, files);
  console.log(`secrets and certificates are in place for: ${Object.keys(shares).join(', ')}`);
}

// Apps and jobs run as this container's user.
function share(name, files) {
  const mode = OTHER_USERS.includes(name) ? 0o444 : 0o400;
  const folder = join(volumes, 'shares', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeWhole(join(folder, file), `${text.trim()}\n`, mode);
}

// For programs: the same as .local/admin.json, and nothing else.
function printAdmin() {
  console.log(JSON.stringify(admin(), null, 2));
}

// To be kept where the backups are not.
function printBackupKey() {
  console.log(readFileSync(backupKeyFile, 'utf8').trim());
}

// For clients of the stores: whom to trust.
function printAuthority() {
  console.log(authorityOf(tls).trim());
}

function printLogins() {
  console.log(logins(ownSecrets(), admin()).join('\n'));
}

function admin() {
  return { email: process.env.ADMIN_EMAIL, password: adminPassword(ownSecrets()) };
}

function ownSecrets() {
  return loadSecrets(join(volumes, 'secrets'), SECRETS);
}
