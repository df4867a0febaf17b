import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from './postgres.ts';
import { PASSWORD, SECRET } from './support.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;

interface Process {
  child: ChildProcess;
  port: number;
  out(): string;
  err(): string;
  messages: unknown[];
  exited: Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(
  env: Record<string, string>,
  { args = [] as string[], ipc = false } = {},
): Promise<Process> {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], IDENTITY_SECRET: SECRET, IDENTITY_PORT: String(port), ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  // A child whose channel the parent has closed emits no 'close'.
  const exited = once(child, ipc ? 'exit' : 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, port, out: () => out, err: () => err, messages, exited };
}

async function listening(started: Process): Promise<string> {
  while (!started.out().includes('"msg":"listening"')) {
    await Promise.race([
      once(started.child.stdout!, 'data'),
      started.exited.then((code) => {
        throw new Error(`exited with ${code}: ${started.out()}${started.err()}`);
      }),
    ]);
  }
  return `http://127.0.0.1:${started.port}`;
}

describe('the process', () => {
  it('tells once that it listens, and drains on SIGTERM: running requests finish, new ones are not taken, exit 0', async () => {
    const started = await start({ DATABASE_URL: (await createTestDatabase()).url });
    const url = await listening(started);
    const lines = started
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter((line) => line['msg'] === 'listening')).toMatchObject([{ url, issuer: url }]);

    const body = JSON.stringify({ name: 'x', email: 'x@example.com', password: PASSWORD });
    const signUps = Array.from({ length: 20 }, async () => {
      const headers = { 'content-type': 'application/json' };
      return await fetch(`${url}/auth/sign-up/email`, { method: 'POST', headers, body });
    });
    await Promise.race(signUps);
    started.child.kill('SIGTERM');
    const statuses = (await Promise.all(signUps)).map((response) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status !== 200 && status !== 422)).toEqual([]);
    expect(await started.exited).toBe(0);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
    expect(started.err()).toBe('');
  });

  it('tells its parent over IPC that it is ready, and drains when the parent goes', async () => {
    const started = await start(
      { DATABASE_URL: (await createTestDatabase()).url, HEADGATE_SUPERVISED: '1' },
      { ipc: true },
    );
    const url = await listening(started);
    while (started.messages.length === 0) await once(started.child, 'message');
    expect(started.messages).toEqual([{ type: 'ready', url }]);
    started.child.disconnect();
    expect(await started.exited).toBe(0);
  });

  it('drains when it is supervised and its standard input closes', async () => {
    const started = await start({ DATABASE_URL: (await createTestDatabase()).url, HEADGATE_SUPERVISED: '1' });
    await listening(started);
    started.child.stdin?.end();
    expect(await started.exited).toBe(0);
  });

  it('rotates keys by command while it serves', async () => {
    const { url: databaseUrl } = await createTestDatabase();
    const started = await start({ DATABASE_URL: databaseUrl });
    const url = await listening(started);
    const kids = async (): Promise<string[]> => {
      const set = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
      return set.keys.map((key) => key.kid);
    };
    const before = await kids();
    const rotation = await start({ DATABASE_URL: databaseUrl }, { args: ['rotate-keys'] });
    expect(await rotation.exited).toBe(0);
    const { kid, retired, msg } = JSON.parse(rotation.out()) as Record<string, unknown>;
    expect({ retired, msg }).toEqual({ retired: 1, msg: 'signing key rotated' });
    expect(new Set(await kids())).toEqual(new Set([...before, kid]));
    started.child.kill('SIGINT');
    expect(await started.exited).toBe(0);
  });
});

describe('a start that cannot succeed', () => {
  const failing: [string, Record<string, string>, RegExp][] = [
    ['a missing variable', {}, /^DATABASE_URL is required/],
    [
      'a malformed variable',
      { DATABASE_URL: 'postgresql://h/d', IDENTITY_SECRET: 'tell-nobody' },
      /^IDENTITY_SECRET is not usable/,
    ],
    [
      'no server',
      { DATABASE_URL: 'postgresql://u:tell-nobody@127.0.0.1:1/d' },
      /^DATABASE_URL cannot be used: nothing listens/,
    ],
    [
      'an unknown host',
      { DATABASE_URL: 'postgresql://u:tell-nobody@no-such-host.invalid/d' },
      /^DATABASE_URL cannot be used/,
    ],
  ];
  it.each(failing)(
    'because of %s exits 1 with one line that names the variable',
    async (_what, env, pattern) => {
      const started = await start(env);
      expect(await started.exited).toBe(1);
      expect(started.err()).toMatch(pattern);
      expect(started.err().trim().split('\n')).toHaveLength(1);
      expect(started.err() + started.out()).not.toContain('tell-nobody');
    },
  );

  it('because of a missing database or a taken port exits 1 with one line that names the variable', async () => {
    const { url } = await createTestDatabase();
    const absent = await start({ DATABASE_URL: `${url}_absent` });
    expect(await absent.exited).toBe(1);
    expect(absent.err()).toMatch(/^DATABASE_URL cannot be used: the database does not exist/);
    const first = await start({ DATABASE_URL: url });
    await listening(first);
    const second = await start({ DATABASE_URL: url, IDENTITY_PORT: String(first.port) });
    expect(await second.exited).toBe(1);
    expect(second.err()).toMatch(/^IDENTITY_PORT is taken/);
  });
});
