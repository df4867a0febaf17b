import { readFile } from 'node:fs/promises';
import { ROLES } from '@headgate/schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { POLICY, isRole, permits, policyMatrix, type Action } from '../src/policy.ts';

const ACTIONS = Object.keys(POLICY) as Action[];
/** What changes nothing. An action of another name is a change, until it is added here on purpose. */
const READS = /\.(get|list|diff)$/;
/** Where a viewer's place differs from that rule, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'apiKey.revoke':
    'its own keys, of the time when it could make some; nobody must keep a key that has leaked',
  'projectAuditLog.get': 'tells of people; for those who answer for the organization',
  'organizationAuditLog.get': 'tells of people; for those who answer for the organization',
};
/** What is done at a terminal of the service's own, and by nobody over the network. */
const OPERATORS: readonly Action[] = ['organizationLimits.set'];

const action = fc.constantFrom(...ACTIONS);

describe('the policy', () => {
  test('is the committed matrix, so that a change of who may do what is seen as a change of a table', async () => {
    const committed = await readFile(new URL('../policy-matrix.md', import.meta.url), 'utf8');
    expect(committed).toBe(policyMatrix());
  });

  test('shows each action and each role in the matrix, as it is enforced', () => {
    const rows = new Map(
      policyMatrix()
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .map((line) => line.split('|').map((cell) => cell.trim()))
        .map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells.slice(0, ROLES.length)]),
    );
    expect([...rows.keys()]).toEqual(ACTIONS);
    for (const name of ACTIONS) {
      expect(rows.get(name), name).toEqual(ROLES.map((role) => (permits(role, name) ? 'yes' : '')));
    }
  });

  test('lets a viewer read everything and change nothing', () => {
    fc.assert(
      fc.property(action, (name) => {
        const isExpected = name in EXCEPTIONS ? !READS.test(name) : READS.test(name);
        return permits('viewer', name) === isExpected;
      }),
    );
  });

  test('lets an owner do everything', () => {
    fc.assert(fc.property(action, (name) => permits('owner', name) !== OPERATORS.includes(name)));
  });

  test('gives a higher role whatever a lower one has', () => {
    fc.assert(
      fc.property(action, fc.nat(ROLES.length - 2), (name, index) => {
        const [higher, lower] = [ROLES[index]!, ROLES[index + 1]!];
        return !permits(lower, name) || permits(higher, name);
      }),
    );
  });

  test('leaves what takes many databases along to those who answer for it', () => {
    for (const name of ['project.delete', 'project.restore'] as const)
      expect(POLICY[name].roles).toEqual(['owner', 'admin']);
  });
});

test('only the four roles are roles, whatever an issuer sends', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => isRole(value) === (ROLES as readonly unknown[]).includes(value)),
    { examples: [['owner'], ['OWNER'], ['superadmin'], ['toString'], [['owner']], [''], [null]] },
  );
});
