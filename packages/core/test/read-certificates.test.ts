import { issueSelfSigned } from '@headgate/testing';
import { expect, test } from 'vitest';
import { readCertificates } from '../src/certificates/read-certificates.ts';

const COUNT = 300;

test('certificates by their hundreds are read without keeping others waiting until the last of them', async () => {
  const made = [];
  while (made.length < COUNT) {
    const some = Array.from({ length: 50 }, async () => await issueSelfSigned({ name: 'n' }));
    made.push(...(await Promise.all(some)));
  }
  const certificate = made.map((each) => each.certificate).join('\n');
  let turns = 0;
  let next: NodeJS.Immediate;
  const countTurns = () => {
    turns += 1;
    next = setImmediate(countTurns);
  };
  next = setImmediate(countTurns);
  const read = await readCertificates({ kind: 'ca', certificate }, new Date());
  clearImmediate(next);
  expect(read.certificates).toHaveLength(COUNT);
  // One for each twenty of them.
  expect(turns).toBeGreaterThanOrEqual(COUNT / 20 - 1);
});
