import { MAX_AUDIT_FINDINGS, type AuditFinding } from '@headgate/schema';

/** What a verification has found so far, up to the bound of an answer. */
export interface Findings {
  add(finding: AuditFinding): void;
  readonly all: readonly AuditFinding[];
  /** Whether there was more than an answer holds. */
  isFull(): boolean;
}

export function createFindings(): Findings {
  const all: AuditFinding[] = [];
  let isFull = false;
  return {
    all,
    isFull: () => isFull,
    add: (finding) => {
      if (all.length < MAX_AUDIT_FINDINGS) all.push(finding);
      else isFull = true;
    },
  };
}

/** Entries that are gone from these positions. */
export function missing(from: number, to: number): AuditFinding {
  const one = from === to;
  return {
    kind: 'missing',
    position: from,
    ...(!one && { last_position: to }),
    message: one
      ? `The entry at position ${from} is gone.`
      : `The entries at positions ${from} to ${to} are gone.`,
  };
}

interface Placed {
  readonly id: string;
  readonly position: number;
}

/** An entry that says something else than when it was written. */
export function altered({ id, position }: Placed, message: string): AuditFinding {
  return { kind: 'altered', position, entry_id: id, message };
}

/** An entry that stands at another place than it was given. */
export function reordered({ id, position }: Placed, message: string): AuditFinding {
  return { kind: 'reordered', position, entry_id: id, message };
}

/** An entry that no chain holds. */
export function unchained({ id, position }: Partial<Placed>, message: string): AuditFinding {
  return {
    kind: 'unchained',
    ...(position !== undefined && { position }),
    ...(id !== undefined && { entry_id: id }),
    message,
  };
}
