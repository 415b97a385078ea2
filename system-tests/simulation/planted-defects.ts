import { releaseStock } from '../../products-service/src/stock/release-stock';
import type { MemoryStockStore } from '../../products-service/src/testing/memory-stock-store';
import {
  ChecksThenActs,
  ForgetsMarks,
  ReleasesOnlyReserved,
  ReopensReleased,
  RestocksOnlyMarked,
} from '../../products-service/src/testing/planted-defects';
import {
  ChargesBeforeStockIsReserved,
  KeepsLateCaptures,
  MarksWithoutConfirm,
  PublishesAfterCommit,
  RefundsFromMemory,
  RetriesUnderNewKeys,
  TakesSilenceForDecline,
} from './defective-orders';
import type { PlantedDefect } from './order-simulation';
import type { World } from './world';

const UNITS = /units made or lost|negative stock/;
const SOLD = /-?\d sold, \d confirmed/;
const MONEY = /card-\d-\w+ paid \d+ in \d captures/;
/** What is lost stays reserved, or sold, for ever. */
const LOST = /never came to rest|\d sold, \d confirmed/;

/** Shops with one thing wrong, and what it does: a simulation that does not find it proves nothing. */
export const PLANTED_DEFECTS: readonly (readonly [what: string, defect: PlantedDefect, shows: RegExp])[] = [
  ['stock is read, then written', { Store: ChecksThenActs }, UNITS],
  ['a release leaves no tombstone', { Store: ReopensReleased }, LOST],
  ['a release gives back only what is reserved', { Store: ReleasesOnlyReserved }, SOLD],
  ['a restock needs the mark of the sale', { Store: RestocksOnlyMarked }, SOLD],
  ['a restock leaves no trace', { Store: ForgetsMarks }, SOLD],
  ['stock decides when a reservation ends', { extraWork: expireReservations }, LOST],
  ['messages are acknowledged before they are handled', { ackEarly: true }, LOST],
  ['events are published after the commit', { Orders: PublishesAfterCommit }, LOST],
  ['events count as sent without a confirm', { Orders: MarksWithoutConfirm }, LOST],
  ['the card is charged before stock is reserved', { Orders: ChargesBeforeStockIsReserved }, MONEY],
  ['a charge is tried again under a new key', { Orders: RetriesUnderNewKeys }, MONEY],
  ["the bank's silence counts as a decline", { Orders: TakesSilenceForDecline }, MONEY],
  ['money that comes after a decline is kept', { Orders: KeepsLateCaptures }, MONEY],
  ['only the process remembers a refund', { Orders: RefundsFromMemory }, MONEY],
];

async function expireReservations({ stock }: World, store: MemoryStockStore): Promise<void> {
  const held = [...stock.orders.values()].find(({ state }) => state === 'RESERVED');
  if (held && store.now().getTime() - held.at.getTime() > 20_000) await releaseStock(store, held);
}
