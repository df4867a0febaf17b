/** When Headgate serves again: one request of each kind is begun again and again, whatever became of those before. */
import { setTimeout } from 'node:timers/promises';
import type { View } from './ledger.ts';
import type { Account, Call } from './traffic/account.ts';
import { ALL_SCOPES } from './traffic/kinds.ts';
import { expectAnswer } from './traffic/hand.ts';
import { openAccount, type TrafficOptions } from './traffic/traffic.ts';

export interface Probes {
  /**
   * How long it takes from now until each round of probes is answered rightly, in milliseconds; undefined when that
   * takes longer than `patienceMs`. Rounds are begun four times a second, or as often as `intervalMs` says.
   */
  readonly untilWell: (patienceMs: number, intervalMs?: number) => Promise<number | undefined>;
}

/** One of each kind, begun together. */
export interface Round {
  readonly endedAt: number | undefined;
  readonly isWell: boolean;
}

const INTERVAL_MS = 250;
/** So many rounds one after the other, in a second, are no chance. */
const ENOUGH = 4;
/** What is stuck is stuck; more of it says nothing new. */
const MAX_UNDER_WAY = 40;

/** Makes a project with a database, which are asked for and changed by a token and by a key. */
export async function startProbes(options: TrafficOptions): Promise<Probes> {
  const { evidence, stand } = options;
  const tenant = stand.tenant();
  const { orgId } = tenant;
  const owner = openAccount(options, tenant);
  const password = evidence.secret();
  const database = { host: 'db.example.com', port: 5432, name: 'probe', username: 'probe', password };
  const made = await post(owner, '/v1/projects', { name: 'probe', org_id: orgId, database });
  const key = await post(owner, `/v1/organizations/${orgId}/api-keys`, { name: 'probe', scopes: ALL_SCOPES });
  const apiKey = String(key['api_key']);
  evidence.know(apiKey);
  const holder = openAccount(options, tenant, { apiKey });
  const project = `/v1/projects/${String((made['project'] as View)['id'])}`;
  const path = `${project}/databases/${String((made['database'] as View)['id'])}`;
  let serial = 0;
  const round = async (): Promise<boolean> => {
    const description = `probe ${(serial += 1)}`;
    const verdicts = await Promise.all([
      owner.ask(get('project.get', project)),
      holder.ask(get('database.get', path)),
      holder.ask(get('database.list', `${project}/databases`)),
      owner.ask({
        ...get('database.reveal', path, (body) => body['password'] === password),
        query: { show_sensitive: true },
      }),
      owner.ask(get('auditLog.get', `/v1/organizations/${orgId}/audit-log`)),
      holder.ask({
        ...get('project.update', project, (body) => body['description'] === description),
        ...{ method: 'PATCH', body: { description } },
      }),
    ]);
    return verdicts.every(({ kind }) => kind === 'right');
  };
  return {
    untilWell: async (patienceMs, intervalMs = INTERVAL_MS) =>
      await untilWell(round, { patienceMs, intervalMs }),
  };
}

async function post(account: Account, path: string, body: object): Promise<View> {
  const expect: Call['expect'] = (answer) => expectAnswer(answer, 201, () => true);
  // Whatever the client repeats by itself, and whatever is repeated here, is one request.
  const headers = { 'Idempotency-Key': crypto.randomUUID() };
  return (await account.settle({ kind: 'probe.create', method: 'POST', path, body, headers, expect }))
    .body as View;
}

function get(kind: string, path: string, isRight: (body: View) => boolean = () => true): Call {
  return { kind, method: 'GET', path, expect: (answer) => expectAnswer(answer, 200, isRight) };
}

async function untilWell(
  ask: () => Promise<boolean>,
  { patienceMs, intervalMs }: { readonly patienceMs: number; readonly intervalMs: number },
): Promise<number | undefined> {
  const startedAt = performance.now();
  const rounds: Round[] = [];
  while (performance.now() - startedAt < patienceMs) {
    const underWay = rounds.filter(({ endedAt }) => endedAt === undefined).length;
    if (underWay < MAX_UNDER_WAY) {
      const index = rounds.push({ endedAt: undefined, isWell: false }) - 1;
      const begin = async () => {
        const isWell = await ask();
        rounds[index] = { endedAt: performance.now(), isWell };
      };
      void begin();
    }
    await setTimeout(intervalMs);
    const wellAt = wellSince(rounds);
    if (wellAt !== undefined) return Math.max(0, wellAt - startedAt);
  }
  return undefined;
}

/**
 * The moment from which on each round was well, and there were enough of them: when the first of these was answered.
 * Those that were begun before the last one that failed do not count, and one that waits for its answer breaks the row.
 */
export function wellSince(rounds: readonly Round[]): number | undefined {
  const lastFailed = rounds.findLastIndex(({ endedAt, isWell }) => endedAt !== undefined && !isWell);
  const row = rounds.slice(lastFailed + 1);
  // The newest ones may still be under way.
  const waiting = row.findIndex(({ endedAt }) => endedAt === undefined);
  const answered = waiting === -1 ? row : row.slice(0, waiting);
  if (answered.length < ENOUGH) return undefined;
  return Math.min(...answered.map(({ endedAt }) => endedAt ?? Infinity));
}
