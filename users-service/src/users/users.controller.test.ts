import { uncheckedRequests } from '@shop/service-kit/testing';
import { UsersController } from './users.controller';

test('when any call of the contract comes in, then every field of its request has a rule', () => {
  expect(uncheckedRequests('users', UsersController)).toEqual([]);
});
