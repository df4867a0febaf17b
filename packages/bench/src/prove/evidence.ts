/** What the proof leaves behind: logs, dumps, metrics, traces, refusals; and which secrets must not be in there. */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is told of something that was sent or kept, by kind: each kind is searched on its own. */
export type EvidenceKind = 'log' | 'dump' | 'metrics' | 'trace' | 'refusal';

export interface Evidence {
  /** The folder in which all of it lies. */
  readonly dir: string;
  /** Stands in every secret that `secret` makes, so that one search finds them all. */
  readonly mark: string;
  /** A new secret that bears the mark: a password to be sent. */
  readonly secret: () => string;
  /** Remembers a secret that Headgate or someone else has made, such as an API key or a vault key. */
  readonly know: (secret: string) => void;
  /** All secrets that do not bear the mark. */
  readonly known: () => readonly string[];
  /** The path of a file of some kind, which may be there already. */
  readonly file: (kind: EvidenceKind, name: string) => string;
  /** Adds to a file of some kind. */
  readonly add: (kind: EvidenceKind, name: string, text: string | Uint8Array) => void;
  readonly remove: () => Promise<void>;
}

/** Long enough that it stands nowhere by chance; letters and digits, so that it looks the same percent-encoded. */
const MARK_BYTES = 12;

export async function createEvidence(): Promise<Evidence> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-proof-'));
  const mark = `Mark${randomBytes(MARK_BYTES).toString('hex')}`;
  const known = new Set<string>();
  let made = 0;
  const file = (kind: EvidenceKind, name: string) => join(dir, `${kind}-${name}`);
  return {
    dir,
    mark,
    secret: () => `pa$$ é"${mark}%${(made += 1)}`,
    know: (secret) => void known.add(secret),
    known: () => [...known],
    file,
    add: (kind, name, text) => {
      appendFileSync(file(kind, name), text);
    },
    remove: async () => {
      await rm(dir, { recursive: true, force: true });
    },
  };
}
