import { ReturnedMessages } from './returned-messages';

test('when a message was sent twice at once and came back twice, then neither counts as delivered', () => {
  const returned = new ReturnedMessages();
  returned.add('m1');
  returned.add('m1');
  expect([returned.take('m1'), returned.take('m1'), returned.take('m1')]).toEqual([true, true, false]);
  expect(returned.take('m2')).toBe(false);
});
