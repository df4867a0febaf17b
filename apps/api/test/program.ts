/** The real program as a child process, against a database and an issuer of the test's own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { generateVaultKeys } from '@headgate/core';
import {
  TEST_AUDIENCE,
  createTestDatabase,
  createTestOrganization,
  startTestIssuer,
} from '@headgate/testing';
import postgres, { type Sql } from 'postgres';
import { vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** On a machine that does other things too. */
const START_TIMEOUT_MS = 30_000;

type Env = Record<string, string>;

export interface Program {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The lines of the log, parsed. */
  readonly log: () => Record<string, unknown>[];
  /** Where it listens, once it does. */
  readonly url: () => Promise<string>;
  /** What it tells of itself in Prometheus' form, once it listens. */
  readonly metrics: () => Promise<string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** What one instance of the program needs, and any number of instances can share. */
export interface World {
  readonly env: Env;
  readonly databaseUrl: string;
  /** The owner of the schema, whom no policy holds. */
  readonly owner: Sql;
  readonly organization: Awaited<ReturnType<typeof createTestOrganization>>;
  /** Runs the program with this environment beside the world's own; an empty text takes a variable away. */
  readonly run: (options?: { readonly env?: Env; readonly args?: readonly string[] }) => Program;
  /** Ends what still runs, and removes everything. */
  readonly close: () => Promise<void>;
}

export async function createWorld(): Promise<World> {
  const [database, issuer] = await Promise.all([createTestDatabase(), startTestIssuer()]);
  const owner = postgres(database.url, {
    max: 3,
    onnotice: () => {},
    connection: { search_path: 'headgate' },
  });
  const env = {
    PORT: '0',
    DATABASE_URL: database.url,
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: TEST_AUDIENCE,
    AUTH_JWKS_URL: issuer.jwksUrl,
    VAULT_KEYS: generateVaultKeys(new Date()),
    // Tests send more than one caller does.
    LIMITS: '{"requests_per_second":1000000}',
    ADDRESS_REQUESTS_PER_SECOND: '1000000',
    ADDRESS_FAILURES_PER_SECOND: '1000000',
    // Whatever is embedded by mistake must not be found in the repository afterwards.
    DATA_DIR: '/nonexistent/headgate',
  };
  const children: ChildProcess[] = [];
  return {
    ...{ env, databaseUrl: database.url, owner },
    organization: await createTestOrganization(issuer),
    run: ({ env: over = {}, args = [] } = {}) => {
      const child = spawn(process.execPath, [MAIN, ...args], {
        env: { ...env, ...over },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      return watch(child);
    },
    close: async () => {
      for (const child of children.filter(
        ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
      )) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await Promise.all([owner.end(), issuer.close()]);
      await database.drop();
    },
  };
}

function watch(child: ChildProcess): Program {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const log = () => {
    const lines = stdout.split('\n').slice(0, -1);
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const originOf = (message: string) => log().find(({ msg }) => msg === message)?.['origin'];
  const url = async () => {
    const listening = () => originOf('listening');
    const check = () => {
      if (listening() === undefined && child.exitCode === null) throw new Error('it does not listen yet');
    };
    await vi.waitFor(check, { timeout: START_TIMEOUT_MS, interval: 10 });
    if (listening() === undefined) throw new Error(`it ended instead: ${stderr}`);
    return String(listening());
  };
  return {
    ...{ log, ended, url },
    stdout: () => stdout,
    stderr: () => stderr,
    metrics: async () => {
      await url();
      return await (await fetch(`${String(originOf('metrics listening'))}/metrics`)).text();
    },
    signal: (signal) => void child.kill(signal),
  };
}

/** Sends JSON and gives the answer back, parsed. */
export async function call(
  url: string,
  init: { method?: string; token: string; body?: unknown; headers?: Env },
) {
  const response = await fetch(url, {
    method: init.method ?? 'POST',
    headers: { Authorization: `Bearer ${init.token}`, 'Content-Type': 'application/json', ...init.headers },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? undefined : JSON.parse(text),
  };
}
