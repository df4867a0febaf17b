/** What the proof leaves behind: logs, dumps, metrics, traces, refusals; and which secrets must not be in there. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is told of something that was sent or kept, by kind: each kind is searched on its own. */
export const EVIDENCE_KINDS = ['log', 'dump', 'data', 'metrics', 'trace', 'refusal'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** A file or a folder of one kind. */
export interface Exhibit {
  readonly kind: EvidenceKind;
  readonly path: string;
  /** What was left out when the file had its full size, in bytes. */
  readonly lostBytes: number;
}

export interface Evidence {
  /** The folder in which all of it lies. */
  readonly dir: string;
  /** Stands in every secret that `secret` makes, so that one search finds them all. */
  readonly mark: string;
  /** A new secret that bears the mark: a password to be sent. */
  readonly secret: () => string;
  /** Remembers a secret that Headgate or someone else has made, such as a vault key, as text or as what it is. */
  readonly know: (secret: string | Uint8Array) => void;
  /** All secrets that do not bear the mark. */
  readonly known: () => readonly (string | Uint8Array)[];
  /** Adds to a file of some kind. It is on the disk after a moment, and when `exhibits` has been asked for. */
  readonly add: (kind: EvidenceKind, name: string, text: string | Uint8Array) => void;
  /** Takes over a file or a folder that is there already, and is needed nowhere else. */
  readonly take: (kind: EvidenceKind, name: string, path: string) => Promise<void>;
  /** All that there is so far. */
  readonly exhibits: () => readonly Exhibit[];
  readonly remove: () => Promise<void>;
}

/** Long enough that it stands nowhere by chance; letters and digits, so that it looks the same percent-encoded. */
const MARK_BYTES = 12;
/** A proof of an hour logs for an hour: what a file holds beyond this says nothing new, and fills the disk. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** @param maxFileBytes what one file takes at most; what would be more is left out and counted */
export async function createEvidence({ maxFileBytes = MAX_FILE_BYTES } = {}): Promise<Evidence> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-proof-'));
  const mark = `Mark${randomBytes(MARK_BYTES).toString('hex')}`;
  const known = new Map<string, string | Uint8Array>();
  const files = new Map<string, EvidenceFile>();
  const taken: Exhibit[] = [];
  let made = 0;
  const pathOf = (kind: EvidenceKind, name: string) => join(dir, `${kind}-${name}`);
  return {
    dir,
    mark,
    secret: () => `pa$$ é"${mark}%${(made += 1)}`,
    know: (secret) => void known.set(Buffer.from(secret).toString('hex'), secret),
    known: () => [...known.values()],
    add: (kind, name, text) => {
      const path = pathOf(kind, name);
      const file = files.get(path) ?? createFile(kind, path, maxFileBytes);
      files.set(path, file);
      file.add(text);
    },
    take: async (kind, name, path) => {
      const place = pathOf(kind, name);
      // On another disk it cannot be moved.
      await rename(path, place).catch(async () => await cp(path, place, { recursive: true }));
      taken.push({ kind, path: place, lostBytes: 0 });
    },
    exhibits: () => [...taken, ...[...files.values()].map((file) => file.exhibit())],
    remove: async () => {
      for (const file of files.values()) file.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A file that is written in large pieces: whoever adds to it under load must not wait for the disk each time. */
interface EvidenceFile {
  readonly add: (text: string | Uint8Array) => void;
  readonly exhibit: () => Exhibit;
  readonly close: () => void;
}

const PIECE_BYTES = 256 * 1024;
/** Whoever looks on with `tail -f` waits no longer. */
const WRITTEN_WITHIN_MS = 200;

function createFile(kind: EvidenceKind, path: string, maxBytes: number): EvidenceFile {
  const fd = openSync(path, 'a');
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  let lostBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waitingBytes > 0) writeSync(fd, Buffer.concat(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  return {
    add: (text) => {
      const whole = Buffer.from(text);
      const piece = whole.subarray(0, maxBytes - bytes);
      lostBytes += whole.length - piece.length;
      bytes += piece.length;
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes >= PIECE_BYTES) write();
      else timer ??= setTimeout(write, WRITTEN_WITHIN_MS);
    },
    exhibit: () => {
      write();
      return { kind, path, lostBytes };
    },
    close: () => {
      write();
      closeSync(fd);
    },
  };
}
