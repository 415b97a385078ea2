import { TextDecoder } from 'node:util';
import { requireFrom } from '../local/workspace.mjs';
import { reach } from './refusal.mjs';

const BATCH = 500;

/** What is backed up of products-service. Its `stock_orders` are not: they follow from the orders, and are made from them. */
export const COLLECTIONS = ['products', 'stock'];
export const ALL_COLLECTIONS = [...COLLECTIONS, 'stock_orders'];

export function connectMongodb(uri) {
  const { MongoClient } = requireFrom('products-service', 'mongoose').mongo;
  const client = new MongoClient(uri, {
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
  });
  return reach('MongoDB', async () => {
    await client.connect();
    return { client, database: client.db() };
  });
}

/**
 * A collection in order of its ids, as lines of canonical Extended JSON. Not of one moment: within a document all is, and
 * everything between documents is made anew from the orders.
 */
export async function* exportCollection(database, name) {
  const { EJSON } = bson();
  for await (const document of database.collection(name).find().sort({ _id: 1 }).batchSize(BATCH))
    yield Buffer.from(`${EJSON.stringify(document, { relaxed: false })}\n`);
}

export async function importCollection(database, name, { content, change = (document) => document }) {
  const { EJSON } = bson();
  let batch = [];
  const write = async () => {
    if (batch.length > 0) await database.collection(name).insertMany(batch, { ordered: false });
    batch = [];
  };
  for await (const line of linesOf(content)) {
    batch.push(change(EJSON.parse(line, { relaxed: false })));
    if (batch.length === BATCH) await write();
  }
  await write();
}

export async function isEmptyMongodb(database) {
  for (const name of ALL_COLLECTIONS)
    if (await database.collection(name).findOne({}, { projection: { _id: 1 } })) return false;
  return true;
}

export async function* linesOf(chunks) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop();
    yield* lines;
  }
}

function bson() {
  return requireFrom('products-service', 'mongoose').mongo.BSON;
}
