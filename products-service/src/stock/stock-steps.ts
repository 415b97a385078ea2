/** What one order wants of one product. */
export interface Line {
  readonly productId: string;
  readonly quantity: number;
}

/** R: reserved, C: committed (sold), X: given back. C and X stay a while, so that a late handler finds the line closed. */
export type MarkState = 'R' | 'C' | 'X';

/** The trace that one order leaves in the stock document of a product. */
export interface Mark {
  readonly o: string;
  readonly n: number;
  readonly st: MarkState;
  readonly at: Date;
}

export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

/** What orders-service is told. It lives in the order's record, so the decision and the duty to tell it are one write. */
export interface Reply {
  readonly id: string;
  readonly type: 'stock.reserved' | 'stock.rejected';
  readonly time: string;
  readonly shortages: readonly Shortage[];
  readonly requestId?: string;
  readonly traceparent?: string;
}

export type OrderState = 'RESERVING' | 'RESERVED' | 'REJECTED' | 'RELEASED' | 'COMMITTED' | 'RESTOCKING' | 'RESTOCKED';

/** Inbox, tombstone and outbox of one order in one document. */
export interface StockOrder {
  readonly id: string;
  readonly state: OrderState;
  readonly lines: readonly Line[];
  readonly reply?: Reply;
  /** The reply has not been confirmed by the broker yet. */
  readonly pending: boolean;
  /** When the state last changed. */
  readonly at: Date;
}

/** The one table of moves: to → from. Every move is a compare-and-set; a lost one means that somebody else decided. */
export const ORDER_MOVES = {
  RESERVED: ['RESERVING'],
  REJECTED: ['RESERVING'],
  RELEASED: ['RESERVING', 'RESERVED', 'REJECTED'],
  COMMITTED: ['RESERVED'],
  RESTOCKING: ['COMMITTED'],
  RESTOCKED: ['RESTOCKING'],
} as const satisfies Partial<Record<OrderState, readonly OrderState[]>>;

export type OrderStanding = Pick<StockOrder, 'state' | 'at'>;

export type OrderMove = keyof typeof ORDER_MOVES;

interface LineStep {
  /** The mark of this order that the step changes; without it the step adds a mark. */
  readonly from?: MarkState;
  /** A step that adds a mark is barred by these marks of the same order. */
  readonly barredBy?: 'any' | 'X';
  readonly to: MarkState;
  /** Where the units go, each times the quantity. Nothing is taken from `available` that is not there. */
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** What can happen to a line. Guard, units and mark are one update of one document, in every store. */
export const LINE_STEPS = {
  reserve: { barredBy: 'any', to: 'R', available: -1, reserved: 1, sold: 0 },
  undo: { from: 'R', to: 'X', available: 1, reserved: -1, sold: 0 },
  commit: { from: 'R', to: 'C', available: 0, reserved: -1, sold: 1 },
  unsell: { from: 'C', to: 'X', available: 1, reserved: 0, sold: -1 },
  // For a sale whose C mark has been pulled already: only an X mark proves that it was given back.
  restock: { barredBy: 'X', to: 'X', available: 1, reserved: 0, sold: -1 },
} as const satisfies Record<string, LineStep>;

export type LineStepName = keyof typeof LINE_STEPS;

export type LineStepOf = readonly [name: LineStepName, line: Line];

export function lineStep(name: LineStepName): LineStep {
  return LINE_STEPS[name];
}

/** States in which nothing of the order may stay reserved. RESTOCKING is not one: its work is not done. */
export function isFinal(state: OrderState | undefined): boolean {
  return state === 'REJECTED' || state === 'RELEASED' || state === 'COMMITTED' || state === 'RESTOCKED';
}

export interface SeenLine {
  readonly available: number;
  /** Marks of the asked order only. */
  readonly marks: readonly MarkState[];
}

export interface MarkedStock {
  readonly productId: string;
  readonly marks: readonly Mark[];
}

/**
 * The single-document operations behind reserving, releasing, committing, converging and sweeping. Two stores implement it:
 * MongoDB, and the memory of the simulation that kills and interleaves the same code at every one of these awaits.
 */
export interface StockStore {
  now(): Date;
  /** The order's record, made with this state if there was none. */
  openOrder(order: { id: string; lines: readonly Line[] }, state: 'RESERVING' | 'RELEASED'): Promise<StockOrder>;
  findOrder(orderId: string): Promise<StockOrder | undefined>;
  standingOf(orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStanding>>;
  /** Compare-and-set by ORDER_MOVES; a reply given with it becomes pending. False when the move is not legal (any more). */
  moveOrder(orderId: string, to: OrderMove, reply?: Reply): Promise<boolean>;
  /** The question was asked again and the answer did not arrive: it is due again. */
  repeatReply(orderId: string): Promise<void>;
  /** Up to `limit` orders with a reply pending since before `before`, in order of id, after the id `after`. */
  pendingReplies(page: { before: Date; after: string; limit: number }): Promise<StockOrder[]>;
  replySent(orderId: string): Promise<void>;
  /** True when the step was made, false when its guard held it back. */
  step(name: LineStepName, orderId: string, line: Line): Promise<boolean>;
  /** Makes the steps one after the other, each by itself and as far as its guard lets it; nobody is told which were made. */
  steps(orderId: string, steps: readonly LineStepOf[]): Promise<void>;
  readLine(productId: string, orderId: string): Promise<SeenLine>;
  /** Up to `limit` products that have marks, in order of id, after the id `after`. */
  markedStock(after: string, limit: number): Promise<MarkedStock[]>;
  /** Forgets C and X marks of these orders that are older than `before`. */
  pullMarks(productId: string, orderIds: readonly string[], before: Date): Promise<void>;
}
