/**
 * `pnpm prove`: whether Headgate holds. Each part breaks something, or asks too much, and writes down what became of
 * the promises; the table of all of them comes last. The short form takes less than five minutes.
 */
import { parseArgs } from 'node:util';
import { createEvidence, type Evidence } from './evidence.ts';
import { faults } from './faults/faults.ts';
import { floods } from './floods/floods.ts';
import { fuzz } from './fuzz/fuzz.ts';
import type { Part } from './part.ts';
import { createPromises, type Promises } from './promises.ts';
import { secrets } from './secrets/secrets.ts';
import { startStand, type Stand } from './stand/stand.ts';
import { tenants } from './tenants/tenants.ts';

/** The secrets come last: they are searched for in what all others have left behind. */
const PARTS: readonly Part[] = [faults, floods, fuzz, tenants, secrets];
const SHORT_MINUTES = 3.5;
const MS_PER_MINUTE = 60_000;

const { values } = parseArgs({
  options: {
    /** The long form, and about how long it takes. */
    minutes: { type: 'string' },
    /** Of whatever is chosen by chance. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** Names of parts, by commas. */
    only: { type: 'string' },
    /** Leave logs, dumps, metrics and traces where they are. */
    keep: { type: 'boolean', default: false },
  },
});
const isShort = values.minutes === undefined;
const totalMs = (isShort ? SHORT_MINUTES : Number(values.minutes)) * MS_PER_MINUTE;
const seed = Number(values.seed);
const parts = chosen(values.only);

const evidence = await createEvidence();
const promises = createPromises({ isTimeHeld: !isShort });
console.log(`seed ${seed}, ${isShort ? 'the short form' : `${values.minutes} minutes`}`);
try {
  for (const part of parts) await provePart(part, { evidence, promises });
} finally {
  if (values.keep) console.log(`\nThe evidence is in ${evidence.dir}.`);
  else await evidence.remove();
}
const { text, isKept } = promises.report();
console.log(`\n${text}\n\n${isKept ? 'Every promise is kept.' : 'A promise is broken.'} Seed ${seed}.`);
process.exitCode = isKept ? 0 : 1;

function chosen(only: string | undefined): readonly Part[] {
  if (only === undefined) return PARTS;
  const names = only.split(',');
  const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0)
    throw new Error(
      `--only names ${unknown.join(', ')}; there are ${PARTS.map(({ name }) => name).join(', ')}`,
    );
  return PARTS.filter(({ name }) => names.includes(name));
}

async function provePart(
  part: Part,
  { evidence: all, promises: kept }: { readonly evidence: Evidence; readonly promises: Promises },
): Promise<void> {
  const startedAt = performance.now();
  const stands: Stand[] = [];
  const say = (text: string) => {
    console.log(
      `${part.name.padEnd(8)} ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`,
    );
  };
  const fail = (promise: string, error: unknown) => {
    say(String(error instanceof Error ? error.stack : error));
    kept.hold(part.name, { promise, wanted: 'yes', measured: 'no', isKept: false });
  };
  try {
    await part.prove({
      ...{ budgetMs: totalMs * part.share, isShort, seed, evidence: all, say },
      hold: (held) => {
        kept.hold(part.name, held);
        say(
          `${held.isKept ? 'kept' : 'not kept'}: ${held.promise}: ${held.measured} (wanted ${held.wanted})`,
        );
      },
      startStand: async (options) => {
        const stand = await startStand(all, options);
        stands.push(stand);
        return stand;
      },
    });
  } catch (error) {
    fail('comes to its end', error);
  }
  for (const stand of stands) {
    await stand.close().catch((error: unknown) => fail('leaves behind what is to be searched', error));
  }
}
