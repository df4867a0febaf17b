import { query, type Store } from '@headgate/db';
import type { ChainState } from './chain-state.ts';
import { altered, missing, reordered, unchained, type Findings } from './findings.ts';
import { NO_HASH } from './link.ts';
import type { BrokenLink } from './walk-chain.ts';

/** How far around a broken link its other end is looked for, so that no chain is too long for one statement. */
const MAX_DISTANCE = 50_000;
/** Entries that were put in between, each told of by itself. */
const MAX_TOLD = 20;

interface Linked {
  readonly id: string;
  readonly position: number;
  readonly hash: string;
  readonly previous_hash: string;
}

/**
 * Says what is wrong where an entry does not hang on the one before it. Entries behind the break hang together up to
 * the sealed end, so it is the one before that is doubted first.
 */
export async function explainLinks(
  store: Store,
  orgId: string,
  { broken, state }: { readonly broken: readonly BrokenLink[]; readonly state: ChainState },
  findings: Findings,
): Promise<void> {
  if (broken.length === 0) return;
  const neighbours = await findNeighbours(store, orgId, broken);
  for (const { row, previous } of broken) {
    const isFirst = row.previous_hash === NO_HASH;
    const before = neighbours.find(({ hash }) => hash === row.previous_hash);
    const place = isFirst ? 0 : before?.position;
    const here = { id: row.id, position: row.position };
    if (place === undefined) explainUnknown(here, previous, { state, findings });
    else if (isDetour(neighbours, place, row.previous_hash, row.position)) {
      const between = neighbours.filter(({ position }) => position > place && position < row.position);
      for (const each of between.slice(0, MAX_TOLD)) {
        findings.add(
          unchained(each, 'It was put in between two entries of the chain and is not part of it.'),
        );
      }
    } else {
      const after = isFirst ? 'the beginning' : `the entry ${before?.id}, which stands at position ${place}`;
      findings.add(
        reordered(here, `It was chained behind ${after}, and stands at position ${row.position}.`),
      );
    }
  }
}

/** What an entry hangs on is nowhere: it was removed and the rest renumbered, or altered and hashed anew. */
function explainUnknown(
  here: { readonly id: string; readonly position: number },
  { id, position }: BrokenLink['previous'],
  { state, findings }: { readonly state: ChainState; readonly findings: Findings },
): void {
  const isWhole = state.seal === 'intact' && (state.last?.position ?? 0) >= (state.head?.length ?? 0);
  if (isWhole && id === undefined) {
    findings.add(altered(here, 'It is the first entry and does not begin a chain: it was hashed anew.'));
  } else if (isWhole && id !== undefined) {
    const message =
      'It is not the entry that the next one was chained behind: it was altered and hashed anew.';
    findings.add(altered({ id, position }, message));
  } else {
    findings.add({
      ...missing(here.position, here.position),
      entry_id: here.id,
      message: `The entry before ${here.id}, which is at position ${here.position} now, is gone, and those behind it were renumbered.`,
    });
  }
}

/** Whether the chain leaves the place that the entry hangs on and never comes back: two entries hang on the same one. */
function isDetour(neighbours: readonly Linked[], place: number, hash: string, position: number): boolean {
  return (
    place < position - 1 &&
    neighbours.some((each) => each.previous_hash === hash && each.position === place + 1)
  );
}

async function findNeighbours(store: Store, orgId: string, broken: readonly BrokenLink[]): Promise<Linked[]> {
  const hashes = [...new Set(broken.map(({ row }) => row.previous_hash))];
  const places = broken.map(({ row }) => row.position);
  const own = broken.map(({ previous }) => previous.position);
  const rows = await store.read(
    [orgId],
    query
      .selectFrom('audit_entries')
      .select(['id', 'position', 'hash', 'previous_hash'])
      .where('org_id', '=', orgId)
      .where('position', '>=', Math.min(...places) - MAX_DISTANCE)
      .where('position', '<=', Math.max(...places) + MAX_DISTANCE)
      .where((eb) =>
        eb.or([eb('hash', 'in', hashes), eb('previous_hash', 'in', hashes), eb('position', 'in', own)]),
      )
      .orderBy('position'),
  );
  return rows as Linked[];
}
