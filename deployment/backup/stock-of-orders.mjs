import { Failure } from '../local/progress.mjs';
import { GAP } from './postgres-import.mjs';
import { pagesOf } from './postgres.mjs';

/** What products-service knows of an order in each of its states. A PENDING one it has never seen: it is asked again. */
const RECORD_OF = {
  RESERVED: 'RESERVED',
  PAYING: 'RESERVED',
  CONFIRMED: 'COMMITTED',
  SHIPPED: 'COMMITTED',
  DELIVERED: 'COMMITTED',
  FAILED: 'RELEASED',
  CANCELLED: 'RELEASED',
};

const LINES = `
  SELECT o.id, o.status, line->>'productId' AS product, sum((line->>'quantity')::int)::int AS units
  FROM orders o CROSS JOIN jsonb_array_elements(o.items) AS line GROUP BY o.id, o.status, line->>'productId'`;

const UNITS = `
  SELECT product, coalesce(sum(units) FILTER (WHERE status IN ('RESERVED', 'PAYING')), 0)::int AS reserved,
    coalesce(sum(units) FILTER (WHERE status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED')), 0)::int AS sold,
    coalesce(jsonb_agg(jsonb_build_object('o', id, 'n', units)) FILTER (WHERE status IN ('RESERVED', 'PAYING')), '[]') AS marks
  FROM (${LINES}) AS lines GROUP BY product`;

const RECORDS = `
  SELECT id, status, jsonb_agg(jsonb_build_object('productId', product, 'quantity', units) ORDER BY product COLLATE "C") AS lines
  FROM (${LINES}) AS lines WHERE status <> 'PENDING' GROUP BY id, status`;

/** A stock document as if nobody had ever ordered: only what was put in is taken over from the backup. */
export function untouchedStock(stock) {
  return {
    ...stock,
    available: stock.adjusted,
    reserved: 0,
    sold: 0,
    // No client may still hold a version that is yet to come.
    v: stock.v + GAP,
    dirty: true,
    marked: false,
    marks: [],
  };
}

/**
 * Makes the stock what the orders say: products and orders were not read at one moment, and orders are the ones that know.
 * Answers the products of which more is sold or reserved than was ever put in.
 */
export async function makeStockFollowOrders(orders, products) {
  const short = [];
  for await (const page of pagesOf(orders, UNITS)) short.push(...(await takeUnits(products, page)));
  for await (const page of pagesOf(orders, RECORDS, 1000))
    await products.collection('stock_orders').insertMany(page.map(recordOf));
  return short;
}

async function takeUnits(products, page) {
  const stocks = products.collection('stock');
  const ids = page.map(({ product }) => product);
  const found = await stocks.find({ _id: { $in: ids } }, { projection: { adjusted: 1 } }).toArray();
  const adjusted = new Map(found.map((stock) => [stock._id, stock.adjusted]));
  const unknown = ids.filter((id) => !adjusted.has(id));
  if (unknown.length > 0) throw new Failure(`Orders name products that are not in the backup: ${unknown.join(', ')}.`);
  const changes = page.map((each) => changeOf(each, adjusted.get(each.product)));
  await stocks.bulkWrite(
    changes.map(({ id, update }) => ({ updateOne: { filter: { _id: id }, update } })),
    { ordered: false },
  );
  return changes.flatMap(({ id, missing }) => (missing > 0 ? [{ productId: id, units: missing }] : []));
}

function changeOf({ product, reserved, sold, marks }, adjusted) {
  const at = new Date();
  const missing = Math.max(0, reserved + sold - adjusted);
  const $set = {
    available: adjusted + missing - reserved - sold,
    adjusted: adjusted + missing,
    reserved,
    sold,
    marked: marks.length > 0,
    marks: marks.map(({ o, n }) => ({ o, n, st: 'R', at })),
  };
  const adjustment = {
    id: `restore:${at.toISOString()}`,
    delta: missing,
    reason: 'restored orders hold more than there was',
    at,
  };
  return { id: product, missing, update: { $set, ...(missing > 0 ? { $push: { adjustments: adjustment } } : {}) } };
}

function recordOf({ id, status, lines }) {
  return { _id: id, state: RECORD_OF[status], lines, pending: false, at: new Date() };
}
