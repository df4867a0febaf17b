/** Whether the tables hold what was acknowledged, each thing once, and nothing that nobody has asked for. */
import { isDeepStrictEqual } from 'node:util';
import { versionOf, type Kept, type Ledger } from '../ledger.ts';
import { CACHE_RULE } from '../traffic/kinds.ts';
import type { Found, FoundRow } from './rows.ts';

/** What was found wrong, a line each, by what was promised. */
export interface Findings {
  /** Acknowledged, and not there as it was acknowledged. */
  readonly lost: readonly string[];
  /** There more often than it was asked for. */
  readonly doubled: readonly string[];
  /** A mutation without its audit entry or with two, or an entry of what nobody has done. */
  readonly unaudited: readonly string[];
  /** An idempotency key that would get another answer than its first. */
  readonly forgottenAnswers: readonly string[];
}

type Written = Pick<Ledger, 'kept' | 'firstAnswers' | 'forgotten'>;

/** Holds what was read against what was acknowledged. Nothing may be under way in between. */
export function holdRows(found: Found, ledger: Written): Findings {
  const forgotten = ledger.forgotten.map((one) => ({ ...one, ids: found.projects.get(one.name) ?? [] }));
  const alone = forgotten.flatMap(({ ids }) => ids.slice(0, 1));
  const expected = new Map<string, FoundRow>([
    ...ledger.kept.filter((kept) => !(kept.kind === CACHE_RULE && kept.isGone)).map(rowOf),
    ...alone.map((id): [string, FoundRow] => [id, { id, version: 1, isGone: false }]),
  ]);
  const entries = new Map([
    ...ledger.kept.flatMap((kept) =>
      [...kept.done].map(([action, n]): [string, number] => [`${action} ${idOf(kept)}`, n]),
    ),
    ...alone.map((id): [string, number] => [`project.create ${id}`, 1]),
  ]);
  const rows = compareRows(found.rows, expected);
  return {
    lost: [
      ...rows.lost,
      ...forgotten
        .filter(({ isAcknowledged, ids }) => isAcknowledged && ids.length === 0)
        .map(({ name }) => `${name} is not there`),
    ],
    doubled: rows.doubled,
    unaudited: compareEntries(found.entries, entries),
    forgottenAnswers: ledger.firstAnswers
      .filter(({ key, view }) => !isDeepStrictEqual(found.answers.get(key), view))
      .map(({ key }) => `the first answer to ${key} is another, or gone`),
  };
}

function idOf({ kind, id, parent }: Kept): string {
  return kind.auditId(id, parent);
}

function rowOf(kept: Kept): [string, FoundRow] {
  const id = idOf(kept);
  return [id, { id, version: versionOf(kept), isGone: kept.isGone }];
}

function compareRows(found: readonly FoundRow[], expected: ReadonlyMap<string, FoundRow>) {
  const [lost, doubled]: [string[], string[]] = [[], []];
  const byId = new Map(found.map((row) => [row.id, row]));
  for (const row of found)
    if (!expected.has(row.id)) doubled.push(`${row.id} is there, and nobody has made it`);
  for (const [id, { version, isGone }] of expected) {
    const row = byId.get(id);
    if (row === undefined) lost.push(`${id} is not there`);
    else if (row.version > version)
      doubled.push(`${id} has version ${row.version}; ${version} were acknowledged`);
    else if (row.version < version)
      lost.push(`${id} has version ${row.version}; ${version} were acknowledged`);
    else if (row.isGone !== isGone) lost.push(`${id} is ${row.isGone ? 'deleted' : 'not deleted'}`);
  }
  return { lost, doubled };
}

function compareEntries(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  const names = new Set([...found.keys(), ...expected.keys()]);
  return [...names]
    .map((name) => ({ name, is: found.get(name) ?? 0, should: expected.get(name) ?? 0 }))
    .filter(({ is, should }) => is !== should)
    .map(({ name, is, should }) => `${name} has ${is} entries in place of ${should}`);
}
