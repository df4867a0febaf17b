import type { Part, Proof } from '../part.ts';
import { runCampaign } from './campaign.ts';
import { readContract } from './contract/contract.ts';
import { describeFinding } from './findings.ts';
import { createGenerator } from './generate/generate.ts';
import { surround } from './surroundings.ts';
import type { Outcome } from './tally.ts';

/** In the long form, whatever the time. */
const LONG_REQUESTS = 100_000;
/** In the short form, if there is time for them; and so many of them also where the time is over, up to twice of it. */
const SHORT_REQUESTS = 6_000;
const MIN_SHORT_REQUESTS = 500;
/** Each has to set its scene first. */
const CALLERS = 12;
const SHORT_CALLERS = 5;
/** Of the time of the part, the rest of which sets up and takes down. */
const SENDING_SHARE = 0.7;
const MAX_SHOWN = 60;
const PROGRESS_MS = 10_000;

/** Whatever openapi.yaml allows and forbids, sent and held against it. */
export const fuzz: Part = { name: 'fuzz', share: 0.15, prove };

async function prove(proof: Proof): Promise<void> {
  const { seed, evidence, say } = proof;
  const contract = await readContract();
  const surroundings = await surround(evidence);
  try {
    const stand = await proof.startStand({ env: surroundings.env });
    const instance = await stand.startInstance();
    const callers = Array.from({ length: proof.isShort ? SHORT_CALLERS : CALLERS }, () => {
      const tenant = stand.tenant();
      return {
        orgId: tenant.orgId,
        authorization: keepFor(TOKEN_MS, async () => `Bearer ${await tenant.token()}`),
      };
    });
    const generator = createGenerator(contract, seed);
    say(
      `${contract.operations.length} operations, ${generator.roundLength} requests in a round, seed ${seed}`,
    );
    const outcome = await runCampaign({
      ...{ contract, generator, seed, surroundings, callers, origin: instance.url },
      goesOn: until(proof),
    });
    for (const finding of outcome.findings.all().slice(0, MAX_SHOWN)) say(describeFinding(finding));
    holdAll(proof, outcome, { operations: contract.operations.length });
  } finally {
    await surroundings.close();
  }
}

/** Tokens are good for a quarter of an hour; one that is kept spares its issuer. */
const TOKEN_MS = 300_000;

function keepFor<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let keptAt = 0;
  return async () => {
    if (kept === undefined || performance.now() - keptAt > ms) {
      kept = make();
      keptAt = performance.now();
    }
    return await kept;
  };
}

/** The short form ends by time or number, whichever is first; the long form by both. */
function until({ isShort, budgetMs, say }: Proof): (generated: number) => boolean {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return (generated) => {
    const now = performance.now();
    if (now - toldAt > PROGRESS_MS) {
      toldAt = now;
      say(`${generated} requests, ${Math.round(generated / ((now - startedAt) / 1000))} a second`);
    }
    const time = (now - startedAt) / (budgetMs * SENDING_SHARE);
    if (!isShort) return time < 1 || generated < LONG_REQUESTS;
    return generated < (time < 1 ? SHORT_REQUESTS : MIN_SHORT_REQUESTS) && time < 2;
  };
}

function holdAll(
  { hold, isShort, say }: Proof,
  outcome: Outcome,
  { operations }: { readonly operations: number },
): void {
  const { findings, generated, sent, succeeded, readBack, repeated } = outcome;
  if (!isShort) for (const counts of [outcome.byOperation, outcome.byKind]) say(listed(counts));
  say(listed(outcome.byStatus));
  hold({
    promise: 'every operation is asked, and does what it is asked for',
    wanted: `${operations} operations${isShort ? '' : `, ${LONG_REQUESTS} requests`}`,
    measured: `${succeeded.size} operations, ${generated} requests`,
    // The short form may end by its time before all of them had their turn.
    isKept: isShort ? generated > 0 : succeeded.size === operations && generated >= LONG_REQUESTS,
  });
  const none = (promise: string, of: string, broken: number) =>
    hold({ promise, wanted: '0', measured: `${broken} in ${of}`, isKept: broken === 0 });
  none('no request is left unserved (5xx, no answer)', `${sent} requests`, findings.count('serves'));
  none('no answer is other than openapi.yaml says', `${sent} requests`, findings.count('contract'));
  none('no refusal is other than an envelope', `${sent} requests`, findings.count('refusal'));
  none(
    'nothing allowed is refused, nothing forbidden accepted or refused by another name',
    `${generated} generated requests`,
    findings.count('acceptance'),
  );
  none(
    'nothing accepted is read back otherwise',
    `${readBack} accepted writes`,
    findings.count('round trip'),
  );
  none(
    'nothing repeated is done twice, nothing unchanged sent again',
    `${repeated} repeated requests`,
    findings.count('repetition'),
  );
}

function listed(counts: ReadonlyMap<string | number, number>): string {
  return [...counts]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
