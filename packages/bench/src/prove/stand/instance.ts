/** One instance of Headgate's own program, as it runs in service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processMemory, type Memory } from '../../process-figures.ts';
import { API, flagsOfStart } from '../../servers.ts';
import type { Evidence } from '../evidence.ts';

const MAX_TOLD_CHARS = 1000;
/** One that does not even tell its metrics by then does not run any more. */
const TOLD_WITHIN_MS = 15_000;

export interface Instance {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly memory: () => Promise<Memory>;
  /** What it tells of itself at present, in Prometheus' form. */
  readonly metrics: () => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly isRunning: () => boolean;
}

interface InstanceOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Flags for node beside those of the program's own start command. */
  readonly flags?: readonly string[] | undefined;
  readonly evidence: Evidence;
}

/** Starts it, and resolves when it listens. Its log, at every level, is evidence. */
export async function startInstance({ name, env, flags = [], evidence }: InstanceOptions): Promise<Instance> {
  const child = spawn(process.execPath, [...(await flagsOfStart()), ...flags, API], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const output of [child.stdout, child.stderr])
    output.on('data', (chunk: Buffer) => evidence.add('log', name, chunk));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const listening = await originsOf([child.stdout, child.stderr], ended);
  return {
    name,
    url: listening.api,
    pid: child.pid ?? 0,
    memory: async () => await processMemory(child.pid ?? 0),
    metrics: async () => {
      const signal = AbortSignal.timeout(TOLD_WITHIN_MS);
      return await (await fetch(`${listening.metrics}/metrics`, { signal })).text();
    },
    signal: (signal) => void child.kill(signal),
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

/**
 * Where it listens, as its log says. The metrics listen first.
 *
 * @throws Error with the end of what it wrote, when it ends before
 */
async function originsOf(
  outputs: readonly NodeJS.ReadableStream[],
  ended: Promise<number | NodeJS.Signals>,
): Promise<{ api: string; metrics: string }> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const origin = (message: string) => new RegExp(`"origin":"([^"]+)","msg":"${message}"`).exec(text)?.[1];
      const api = origin('listening');
      if (api === undefined) return;
      for (const output of outputs) output.off('data', look);
      resolve({ api, metrics: origin('metrics listening') ?? '' });
    };
    for (const output of outputs) output.on('data', look);
    void ended.then((how) =>
      reject(new Error(`the API ended with ${how} before it listened: ${text.slice(-MAX_TOLD_CHARS)}`)),
    );
  });
}
