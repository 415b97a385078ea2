import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Failure } from '../local/progress.mjs';
import { writeWhole } from '../local/secrets.mjs';
import { Refusal } from './refusal.mjs';
import { variable } from './settings.mjs';

const IDENTITY = /^AGE-SECRET-KEY-1[A-Z0-9]+$/m;

/**
 * What backups are sealed and opened with: a passphrase, a key, or, for a machine that only writes them, the recipient that
 * belongs to a key which is kept elsewhere. Beside npm start a key is made at first use.
 */
export async function backupKey(dir, { make }) {
  const passphrase = variable('BACKUP_PASSPHRASE');
  const recipient = variable('BACKUP_RECIPIENT');
  const given = variable('BACKUP_KEY');
  if (passphrase && (recipient || given))
    throw new Refusal('BACKUP_PASSPHRASE goes with neither BACKUP_KEY nor BACKUP_RECIPIENT.');
  if (passphrase) return { passphrase };
  const identity = given ? identityIn(given, 'BACKUP_KEY') : recipient ? undefined : await ownIdentity(dir, make);
  return { identity, recipient: recipient ?? (await identityToRecipient(identity)) };
}

export async function encrypted(plain, { passphrase, recipient }) {
  const encrypter = new Encrypter();
  if (passphrase) encrypter.setPassphrase(passphrase);
  else addRecipient(encrypter, recipient);
  return Readable.fromWeb(await encrypter.encrypt(Readable.toWeb(plain)));
}

/** @throws Failure when the key is not the file's. What is damaged further on makes the answered stream fail. */
export async function decrypted(sealed, { passphrase, identity }) {
  if (!passphrase && !identity) throw new Refusal('To open a backup, BACKUP_KEY or BACKUP_PASSPHRASE is needed.');
  const decrypter = new Decrypter();
  if (passphrase) decrypter.addPassphrase(passphrase);
  else decrypter.addIdentity(identity);
  try {
    return Readable.fromWeb(await decrypter.decrypt(Readable.toWeb(sealed)));
  } catch (error) {
    const wrongKey = /no identity matched/i.test(error.message);
    if (wrongKey)
      throw new Failure(`The ${passphrase ? 'passphrase' : 'key'} is not the one that this file was sealed with.`);
    throw new Failure(`It is no backup, or its beginning is damaged (${error.message}).`);
  }
}

function addRecipient(encrypter, recipient) {
  try {
    encrypter.addRecipient(recipient);
  } catch {
    throw new Refusal('BACKUP_RECIPIENT is no recipient of age: one begins with "age1".');
  }
}

function identityIn(text, where) {
  const identity = IDENTITY.exec(text)?.[0];
  if (!identity)
    throw new Refusal(`${where} has no key of age: one begins with "AGE-SECRET-KEY-1"; age-keygen makes one.`);
  return identity;
}

async function ownIdentity(dir, make) {
  const file = join(dir, 'secrets', 'backup-key');
  if (!make && !existsSync(file))
    throw new Refusal(`There is no ${file}, and neither BACKUP_KEY nor BACKUP_PASSPHRASE is set.`);
  return identityFrom(file);
}

/** The key in a file; one is made where there is none. */
export async function identityFrom(file) {
  if (existsSync(file)) return identityIn(readFileSync(file, 'utf8'), file);
  const identity = await generateX25519Identity();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `# public key: ${await identityToRecipient(identity)}\n${identity}\n`);
  console.log(`A key for backups was made: ${file}. Copy it to another place; without it no backup can be opened.`);
  return identity;
}
