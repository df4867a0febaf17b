/** The two programs under load, each a process of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generateVaultKeys } from '@headgate/core';
import { TEST_AUDIENCE, type TestIssuer } from '@headgate/testing/issuer';
import { processMemory } from './process-figures.ts';

/** Headgate's own program. */
export const API = fileURLToPath(new URL('../../../apps/api/src/main.ts', import.meta.url));
const MANIFEST = new URL('../../../apps/api/package.json', import.meta.url);
const BARE = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
const UNLIMITED = 1_000_000;
const LIMITS = { requests_per_second: UNLIMITED, projects: UNLIMITED, databases_per_project: UNLIMITED };

export interface ServerUnderLoad {
  readonly url: string;
  readonly pid: number;
  /** The most memory that the process has held so far. */
  readonly peakMemoryBytes: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

interface StartOptions {
  /** Flags for node beside those that the program is started with in service. */
  readonly flags?: readonly string[];
  /** Instead of keys that nobody else has. */
  readonly vaultKeys?: string;
}

/** Headgate's own program, as it is started in service. Its log is written, and read by nobody. */
export async function startHeadgate(
  databaseUrl: string,
  issuer: TestIssuer,
  { flags = [], vaultKeys = generateVaultKeys(new Date()) }: StartOptions = {},
): Promise<ServerUnderLoad> {
  const child = fork(API, [], {
    silent: true,
    execArgv: [...(await flagsOfStart()), ...flags],
    env: {
      DATABASE_URL: databaseUrl,
      PORT: '0',
      AUTH_ISSUER: issuer.url,
      AUTH_AUDIENCE: TEST_AUDIENCE,
      AUTH_JWKS_URL: issuer.jwksUrl,
      VAULT_KEYS: vaultKeys,
      // Every request passes the limits, and none is to be refused.
      LIMITS: JSON.stringify(LIMITS),
      ADDRESS_REQUESTS_PER_SECOND: '1000000',
      ADDRESS_FAILURES_PER_SECOND: '1000000',
    },
  });
  showErrors(child);
  return underLoad(child, await listeningUrl(child));
}

/** Shows what a program complains of, and not that its inspector is used. */
function showErrors(child: ChildProcess): void {
  child.stderr?.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    if (!text.startsWith('Debugger ')) process.stderr.write(text);
  });
}

/** What the API's own start command gives to node. */
export async function flagsOfStart(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(MANIFEST, 'utf8')) as { scripts: { start: string } };
  return manifest.scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** Waits for the log line that says where it listens, and lets the rest of the log run by. */
async function listeningUrl(child: ChildProcess): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`the API ended with ${code}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length > 10_000) return;
      text += chunk.toString();
      const url = /"origin":"([^"]+)","msg":"listening"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** The program that Headgate is compared with: the same statements behind plain HTTP, and nothing else. */
export async function startBareServer(
  databaseUrl: string,
  { flags = [] }: Pick<StartOptions, 'flags'> = {},
): Promise<ServerUnderLoad> {
  const child = fork(BARE, [databaseUrl], { silent: true, execArgv: [...flags] });
  showErrors(child);
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return underLoad(child, message.url);
}

function underLoad(child: ChildProcess, url: string): ServerUnderLoad {
  return {
    url,
    pid: child.pid ?? 0,
    peakMemoryBytes: async () => (await processMemory(child.pid ?? 0)).peakBytes,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
