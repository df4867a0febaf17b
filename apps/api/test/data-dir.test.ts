import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeProcess, keep, newSecret, openDataDir } from '../src/embedded/data-dir.ts';
import { readEmbeddedVaultKeys } from '../src/embedded/vault-keys.ts';
import { parseVaultKeys } from '@headgate/core';

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  dir = join(parent, 'state', 'deep');
});
afterEach(async () => await rm(parent, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

/** The id of a process that lives until it is told to end. */
async function livingProcess() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const end = async () => {
    const exit = once(child, 'exit');
    child.stdin.end();
    await exit;
  };
  return { pid: child.pid ?? 0, end };
}

describe('the folder of embedded state', () => {
  test('is made at the first time, so that others may pass through it and not look into it', async () => {
    const opened = await openDataDir(dir);
    expect(opened.path).toBe(dir);
    expect(await modeOf(dir)).toBe(0o711);
    await opened.release();
  });

  test('is held by one process at a time: a second is refused in one line that names the first', async () => {
    const holder = await livingProcess();
    const first = await openDataDir(dir);
    await writeFile(join(dir, 'headgate.pid'), String(await describeProcess(holder.pid)));
    const refusal = expect.objectContaining({
      name: 'ConfigError',
      message: expect.stringMatching(`^DATA_DIR: process ${holder.pid} uses it; .+$`),
    });
    await expect(openDataDir(dir)).rejects.toEqual(refusal);
    await first.release();
    await holder.end();
  });

  test('is free again when it was released', async () => {
    const first = await openDataDir(dir);
    await first.release();
    expect(await readdir(dir)).toEqual([]);
    const second = await openDataDir(dir);
    await second.release();
  });

  test('is taken over from a process that ended without a word', async () => {
    const holder = await livingProcess();
    await openDataDir(dir);
    await writeFile(join(dir, 'headgate.pid'), String(await describeProcess(holder.pid)));
    await holder.end();
    const next = await openDataDir(dir);
    expect(await readFile(join(dir, 'headgate.pid'), 'utf8')).toBe(await describeProcess(process.pid));
    await next.release();
  });

  test('is taken over from a process whose id another one has by now', async () => {
    const holder = await livingProcess();
    await (await openDataDir(dir)).release();
    await writeFile(join(dir, 'headgate.pid'), `${holder.pid} 1`);
    await (await openDataDir(dir)).release();
    await holder.end();
  });

  test.each(['', 'nonsense', '-1', '0', '99999999999'])(
    'is taken over when its lock names no process: %j',
    async (text) => {
      await (await openDataDir(dir)).release();
      await writeFile(join(dir, 'headgate.pid'), text);
      await (await openDataDir(dir)).release();
    },
  );

  test('that cannot be had is refused in one line with the reason', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    const refusal = expect.objectContaining({
      name: 'ConfigError',
      message: expect.stringMatching(/^DATA_DIR: .+ cannot be written \(E[A-Z]+\); .+$/),
    });
    await expect(openDataDir(join(file, 'below'))).rejects.toEqual(refusal);
  });
});

const nothingSealed = () => Promise.resolve(false);

describe('what is kept in it', () => {
  test('is readable by its owner only', async () => {
    const opened = await openDataDir(dir);
    await opened.keep('secret', newSecret);
    for (const name of await readdir(dir)) expect(await modeOf(join(dir, name)), name).toBe(0o600);
    await opened.release();
  });

  test('is made once and given again, also after a restart', async () => {
    const first = await openDataDir(dir);
    const secret = await first.keep('secret', newSecret);
    expect(await first.keep('secret', newSecret)).toBe(secret);
    await first.release();
    const second = await openDataDir(dir);
    expect(await second.keep('secret', () => expect.fail('it was made again'))).toBe(secret);
    await second.release();
  });

  test('is one text when two ask for it at once', async () => {
    const opened = await openDataDir(dir);
    const texts = await Promise.all(
      Array.from({ length: 5 }, async () => await opened.keep('secret', newSecret)),
    );
    expect(new Set(texts).size).toBe(1);
    await opened.release();
  });

  test('is whole or not there: a start that is cut off leaves no empty secret behind', async () => {
    const opened = await openDataDir(dir);
    const failing = opened.keep('secret', () => {
      throw new Error('cut off');
    });
    await expect(failing).rejects.toThrow('cut off');
    expect(await opened.keep('secret', () => 'made later')).toBe('made later');
    await opened.release();
  });

  test('is not replaced when it cannot be read', async () => {
    await expect(keep(parent, () => expect.fail('it was made'))).rejects.toMatchObject({ code: 'EISDIR' });
  });

  test('is not replaced by other vault keys when what the lost ones have sealed is still there', async () => {
    const sealed = () => Promise.resolve(true);
    await expect(readEmbeddedVaultKeys(parent, sealed)).rejects.toThrow(
      /^VAULT_KEYS: .* is missing; restore it/,
    );
  });

  test('are vault keys that work, and stay the same', async () => {
    const opened = await openDataDir(dir);
    const keys = await readEmbeddedVaultKeys(dir, nothingSealed);
    expect(parseVaultKeys(keys)).toHaveLength(1);
    expect(await readEmbeddedVaultKeys(dir, nothingSealed)).toBe(keys);
    expect(await modeOf(join(dir, 'vault-keys.json'))).toBe(0o600);
    await opened.release();
  });
});

test('a secret is new each time, and long enough that nobody guesses it', () => {
  const secrets = Array.from({ length: 100 }, newSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(48);
});
