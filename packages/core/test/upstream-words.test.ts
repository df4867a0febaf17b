import * as schema from '@headgate/schema';
import * as upstream from '@headgate/upstream';
import { expect, test } from 'vitest';

// The contract imports nothing of what reaches servers, and the other way round: each has these words for itself. That
// they agree about providers and the modes of TLS the compiler sees, since values of both go to and fro.
test.each([
  ['steps', schema.CHECK_NAMES, upstream.CHECK_NAMES],
  ['needs of a replication slot', schema.SLOT_CHECK_NAMES, upstream.SLOT_CHECK_NAMES],
  ['outcomes', schema.CHECK_OUTCOMES, upstream.CHECK_OUTCOMES],
  ['poolers', schema.POOLERS, upstream.POOLERS],
  ['states of a budget', schema.BUDGET_STATES, upstream.BUDGET_STATES],
])('the contract and what reaches servers know the same %s', (_what, ofContract, ofServers) => {
  expect(ofContract.length).toBeGreaterThan(0);
  expect(ofServers).toEqual(ofContract);
});
