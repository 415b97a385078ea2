import { FieldCipher } from '@shop/service-kit';
import type { OrdersConfig } from '../config';
import type { NewOrder, OrderRow } from './order-row';

type Address = NewOrder['shippingAddress'];

/** What a change of FIELD_KEY seals anew. */
export const ADDRESS_COLUMN = { table: 'orders', column: 'shipping_address_sealed' };
const FIELD = `${ADDRESS_COLUMN.table}.${ADDRESS_COLUMN.column}`;

/** Where orders go is personal: in the database it is sealed, one value for an order. */
export class SealedAddresses {
  readonly cipher: FieldCipher;

  constructor({ FIELD_KEY }: Pick<OrdersConfig, 'FIELD_KEY'>) {
    this.cipher = new FieldCipher(FIELD_KEY);
  }

  seal(orderId: string, address: Address): string {
    return this.cipher.seal(JSON.stringify(address), { field: FIELD, row: orderId });
  }

  /**
   * Undefined where it was erased.
   * @throws SealedFieldError when it was sealed with another key, changed, or is another order's.
   */
  open(orderId: string, sealed: string | null): Address | undefined {
    if (sealed === null) return undefined;
    return JSON.parse(this.cipher.open(sealed, { field: FIELD, row: orderId })) as Address;
  }

  /** The row with its address, for those who show it. */
  opened<T extends OrderRow>(row: T): T {
    return { ...row, shippingAddress: this.open(row.id, row.shipping_address_sealed) };
  }
}
