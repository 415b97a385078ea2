import { uncheckedRequests } from '@shop/service-kit/testing';
import { PaymentsController } from '../payments/payments.controller';
import { OrdersController } from './orders.controller';

test('when any call of the contract comes in, then every field of its request has a rule', () => {
  expect(uncheckedRequests('orders', OrdersController, PaymentsController)).toEqual([]);
});
