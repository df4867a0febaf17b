/** What is counted while requests are sent. */
import { createFindings, whereOf, type Findings } from './findings.ts';
import type { Case } from './generate/case.ts';

export interface Outcome {
  readonly findings: Findings;
  /** How many requests were generated; the rest sets the scene, and looks behind those. */
  readonly generated: number;
  readonly sent: number;
  /** How many were generated for each operation, of each kind, and answered with each status. */
  readonly byOperation: ReadonlyMap<string, number>;
  readonly byKind: ReadonlyMap<string, number>;
  readonly byStatus: ReadonlyMap<number, number>;
  /** The operations that have done what they were asked for. */
  readonly succeeded: ReadonlySet<string>;
  /** Accepted writes that were read back, and accepted requests that were repeated with their key. */
  readonly readBack: number;
  readonly repeated: number;
}

export interface Tally {
  readonly findings: Findings;
  readonly countGenerated: (generated: Case) => void;
  readonly generated: () => number;
  readonly countAnswer: (status: number) => void;
  readonly countFollowed: (what: 'readBack' | 'repeated') => void;
  readonly countSuccess: (operationId: string) => void;
  readonly outcome: () => Outcome;
}

export function createTally(): Tally {
  const findings = createFindings();
  const [byOperation, byKind, byStatus] = [counter<string>(), counter<string>(), counter<number>()];
  const followed = { readBack: 0, repeated: 0 };
  const succeeded = new Set<string>();
  let generated = 0;
  let sent = 0;
  return {
    findings,
    countGenerated: (theCase) => {
      generated += 1;
      byOperation.count(whereOf(theCase));
      byKind.count(theCase.kind);
    },
    generated: () => generated,
    countAnswer: (status) => {
      sent += 1;
      byStatus.count(status);
    },
    countFollowed: (what) => void (followed[what] += 1),
    countSuccess: (operationId) => void succeeded.add(operationId),
    outcome: () => ({
      ...{ findings, generated, sent, succeeded, ...followed },
      ...{ byOperation: byOperation.counts, byKind: byKind.counts, byStatus: byStatus.counts },
    }),
  };
}

function counter<K>() {
  const counts = new Map<K, number>();
  return { counts, count: (key: K) => void counts.set(key, (counts.get(key) ?? 0) + 1) };
}
