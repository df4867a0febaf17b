import { databaseInput } from '@headgate/testing';
import type { Database } from '@headgate/schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TestAnswer } from './harness.ts';
import { rows, useProject } from './support.ts';

const { api, owner, projectId } = await useProject();
const { id: patched } = await api.createDatabase(owner, projectId);

/** One call: which key it carries, which of two requests it is, and of which kind. */
interface Call {
  readonly key: number;
  readonly variant: number;
  readonly kind: 'create' | 'update';
}

const call = fc.record<Call>({
  key: fc.nat(2),
  variant: fc.nat(1),
  kind: fc.constantFrom('create', 'update'),
});

/** Batches follow each other; the calls of one are sent at once, and so arrive in any order. */
const batches = fc.array(fc.array(call, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

test('whatever the order in which calls with few keys arrive: each key is one request, carried out once', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (plan) => {
      const keys = [0, 1, 2].map(() => crypto.randomUUID());
      const bodies = [0, 1].map((variant) => databaseInput({ name: `mydb${variant}`, password: 'the same' }));
      const send = async ({ key, variant, kind }: Call) => {
        const headers = { 'Idempotency-Key': keys[key] ?? '' };
        const path = `/v1/projects/${projectId}/databases`;
        const answer =
          kind === 'create'
            ? await api.send<Database>('POST', path, { as: owner, body: bodies[variant], headers })
            : await api.send<Database>('PATCH', `${path}/${patched}`, {
                ...{ as: owner, headers },
                body: { pool_config: { pool_size: 20 + variant } },
              });
        return { key, request: `${kind} ${variant}`, answer };
      };
      const before = await count();
      const done: Awaited<ReturnType<typeof send>>[] = [];
      for (const batch of plan) done.push(...(await Promise.all(batch.map(send))));

      let created = 0;
      for (const key of [0, 1, 2]) {
        const ofKey = done.filter((each) => each.key === key);
        const taken = ofKey.filter(({ answer }) => answer.status < 300);
        const others = ofKey.filter(({ answer }) => answer.status >= 300);
        if (ofKey.length > 0) expect(taken.length).toBeGreaterThan(0);
        // All that were carried out or replayed are one and the same request with one and the same answer.
        expect(new Set(taken.map(({ request }) => request)).size).toBeLessThanOrEqual(1);
        expect(new Set(taken.map(({ answer }) => answer.text)).size).toBeLessThanOrEqual(1);
        expect(taken.filter(({ answer }) => !isReplay(answer))).toHaveLength(Math.min(1, taken.length));
        for (const { answer, request } of others) {
          expect(answer.status).toBe(409);
          expect(taken.map((each) => each.request)).not.toContain(request);
        }
        if (taken[0]?.request.startsWith('create') === true) created += 1;
      }
      expect(await count()).toBe(before + created);
    }),
    { numRuns: 25 },
  );
});

function isReplay({ headers }: TestAnswer): boolean {
  return headers.get('idempotency-replayed') === 'true';
}

async function count(): Promise<number> {
  const [counted] = await rows<{ count: number }>(
    api,
    'select count(*)::integer as count from databases where project_id = $1',
    [projectId],
  );
  return counted?.count ?? 0;
}
