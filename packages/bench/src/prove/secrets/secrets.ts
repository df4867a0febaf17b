/**
 * The secrets: everything that all parts have left behind is searched for every password, key and token that they have
 * sent or were given, in every form in which one may have been written down.
 */
import { EVIDENCE_KINDS, type EvidenceKind, type Exhibit } from '../evidence.ts';
import type { Part, Proof } from '../part.ts';
import { searchPath } from './files.ts';
import { needlesFor } from './needles.ts';
import { createSearch, type Finding, type Search } from './search.ts';
import { missedBy } from './self-check.ts';

const PLACES: Readonly<Record<EvidenceKind, string>> = {
  log: 'the logs of instances and of PostgreSQL, at every level',
  dump: 'what SQL tells a superuser',
  data: "PostgreSQL's files, its WAL among them",
  metrics: 'the metrics',
  trace: 'the traces',
  refusal: 'the answers that were errors',
};
const MIB = 1024 ** 2;
const MAX_TOLD = 10;

export const secrets: Part = { name: 'secrets', share: 0.05, prove };

async function prove({ evidence, hold, say }: Proof): Promise<void> {
  const needles = needlesFor(evidence);
  const search = createSearch(needles);
  const missed = await missedBy(search, needles);
  hold({
    promise: 'the search finds what is planted',
    wanted: 'every secret in every form',
    measured: missed.length === 0 ? `all ${needles.length}` : `not ${missed.slice(0, MAX_TOLD).join('; ')}`,
    isKept: missed.length === 0,
  });
  const exhibits = evidence.exhibits();
  for (const kind of EVIDENCE_KINDS) {
    const ofKind = exhibits.filter((exhibit) => exhibit.kind === kind);
    const { bytes, findings } = await searchAll(search, ofKind);
    const lost = ofKind.reduce((sum, { lostBytes }) => sum + lostBytes, 0);
    for (const { name, offset, context } of findings.slice(0, MAX_TOLD))
      say(`${name}, at byte ${offset}: ${context}`);
    hold({
      promise: `no secret stands in ${PLACES[kind]}`,
      wanted: 'none, and something that was searched',
      measured: `${findings.length} in ${mib(bytes)}${lost === 0 ? '' : `, and ${mib(lost)} were not kept`}`,
      // A search of nothing proves nothing.
      isKept: findings.length === 0 && bytes > 0,
    });
  }
}

async function searchAll(search: Search, exhibits: readonly Exhibit[]) {
  let bytes = 0;
  const findings: Finding[] = [];
  for (const { path } of exhibits) {
    const searched = await searchPath(search, path);
    bytes += searched.bytes;
    findings.push(...searched.findings);
  }
  return { bytes, findings };
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
