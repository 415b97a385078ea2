// Run when Elasticsearch is there, and again when Kibana is: accounts, fields, streams with their retention, and saved searches.
// Doing it again changes nothing.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { request as plainRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const here = import.meta.dirname;
const secrets = process.env.SECRETS_DIR || '/run/secrets';
const elasticsearch = process.env.ELASTICSEARCH_URL || 'https://elasticsearch:9200';
const kibana = process.env.KIBANA_URL || 'http://kibana:5601';
const TRIES = 60;
const PAUSE_MS = 2000;

const WRITER = {
  cluster: ['monitor'],
  indices: [{ names: ['logs-shop.*'], privileges: ['auto_configure', 'create_doc'] }],
};

await (process.argv[2] === 'views' ? setUpViews() : setUpStore());

async function setUpStore() {
  await put('/_security/user/kibana_system/_password', { password: secret('kibana-password') });
  await put('/_security/role/logstash_writer', WRITER);
  await put('/_security/user/logstash_writer', { password: secret('writer-password'), roles: ['logstash_writer'] });
  // Kibana's own role for people who look at everything and change nothing.
  await put('/_security/user/operator', { password: secret('operator-password'), roles: ['viewer'] });
  await put('/_component_template/shop-fields', read('fields.json').component);
  for (const [name, { policy, template }] of Object.entries(read('streams.json'))) {
    await put(`/_ilm/policy/shop-${name}`, policy);
    await put(`/_index_template/shop-${name}`, template);
  }
  console.log('Elasticsearch has its accounts, fields and streams');
}

async function setUpViews() {
  const boundary = 'saved-objects';
  const part = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="kibana.ndjson"\r\ncontent-type: application/ndjson\r\n\r\n`;
  const body = `${part}${readFileSync(join(here, 'kibana.ndjson'), 'utf8')}\r\n--${boundary}--\r\n`;
  const headers = { 'kbn-xsrf': 'shop', 'content-type': `multipart/form-data; boundary=${boundary}` };
  const url = `${kibana}/api/saved_objects/_import?overwrite=true`;
  const { success, errors } = JSON.parse(await ask({ method: 'POST', url, headers, body }));
  if (!success) throw new Error(`Kibana takes not all of kibana.ndjson: ${JSON.stringify(errors)}`);
  console.log('Kibana has its saved searches');
}

function put(path, body) {
  const headers = { 'content-type': 'application/json' };
  return ask({ method: 'PUT', url: `${elasticsearch}${path}`, headers, body: JSON.stringify(body) });
}

// What has just been started refuses for a while.
async function ask(what) {
  for (let attempt = 1; ; attempt++) {
    const { status, text } = await send(what).catch((error) => ({ status: 503, text: error.message }));
    if (status < 300) return text;
    if (status < 500 || attempt === TRIES) throw new Error(`${what.method} ${what.url}: ${status} ${text}`);
    await delay(PAUSE_MS);
  }
}

function send({ method, url, headers, body }) {
  const isTls = url.startsWith('https:');
  const options = { method, auth: `elastic:${secret('superuser-password')}`, headers, timeout: 30_000 };
  return new Promise((resolve, reject) => {
    const call = isTls
      ? request(url, { ...options, agent: new Agent({ ca: secret('ca.crt') }) })
      : plainRequest(url, options);
    call.on('error', reject).on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode, text }));
    });
    call.end(body);
  });
}

function secret(name) {
  return readFileSync(join(secrets, name), 'utf8').trim();
}

function read(file) {
  return JSON.parse(readFileSync(join(here, file), 'utf8'));
}
