import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { runOnce } from './docker.mjs';
import { API, logIn, printedLogins } from './shop.mjs';

const TRIES = 30;
const ID = '6d1d2f0a-0000-4000-8000-000000000000';

const dlq = (...args) => runOnce('--no-deps', ...args);

/** A forged message, from the moment that nobody can use it until an operator has thrown it away. */
export async function checkDeadLetters() {
  await dlq('--entrypoint', '/nodejs/bin/node', 'dlq', '-e', forgery('order.created'));
  const line = await listed();
  assert.match(line, /products-service\.\S+ +order\.created /);
  assert.match(await dlq('dlq', 'show', ID), /bytes, sealed/);
  assert.match(await dlq('--env', 'OPERATOR=mary', 'dlq', 'drop', ID), new RegExp(`^dropped order.created ${ID}`, 'm'));
  assert.match(await dlq('dlq', 'list'), /^No dead letters\.$/m);
  const [record] = (await auditTrail()).filter(({ action }) => action === 'dead_letter.dropped');
  assert.equal(record.target, `message:${ID}`);
  assert.equal(record.details.user, 'mary');
}

function forgery(type) {
  return `
    const { createRequire } = require('node:module');
    const { readFileSync } = require('node:fs');
    const { connect } = createRequire('/app/service-kit/package.json')('amqplib');
    (async () => {
      const url = readFileSync(process.env.RABBITMQ_URL_FILE, 'utf8').trim();
      const connection = await connect(url, { ca: readFileSync(process.env.RABBITMQ_CA_FILE) });
      const channel = await connection.createConfirmChannel();
      channel.publish('shop.events', '${type}', Buffer.from('{}'), { messageId: '${ID}', type: '${type}' });
      await channel.waitForConfirms();
      await connection.close();
    })();`;
}

async function listed() {
  for (let attempt = 1; ; attempt++) {
    const text = await dlq('dlq', 'list');
    const line = text.split('\n').find((each) => each.includes(ID));
    if (line) return line;
    assert.ok(attempt < TRIES, text);
    await delay(1000);
  }
}

async function auditTrail() {
  const { admin } = await printedLogins();
  const { accessToken } = await (await logIn(admin.email, admin.password)).json();
  const answer = await fetch(`${API}/audit?actor=operator`, { headers: { authorization: `Bearer ${accessToken}` } });
  return (await answer.json()).items;
}
