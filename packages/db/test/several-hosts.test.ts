import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '../src/index.ts';

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

/** A host that takes connections and hangs up, and counts them. */
async function startUselessHost(): Promise<{ readonly address: string; readonly taken: () => number }> {
  let taken = 0;
  const server = createServer((socket) => {
    taken += 1;
    socket.on('error', () => {}).destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => await new Promise((resolve) => server.close(resolve)));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, taken: () => taken };
}

test('while none of several hosts serves, they are asked in turn with pauses, and callers hear of it', async () => {
  const hosts = await Promise.all([startUselessHost(), startUselessHost()]);
  const url = `postgres://headgate:x@${hosts.map(({ address }) => address).join(',')}/headgate`;
  const store = openStore({ url, maxConnections: 1 });
  closing.unshift(async () => await store.close());
  await expect(store.checkReady()).rejects.toThrow();
  const [first = 0, second = 0] = hosts.map(({ taken }) => taken());
  expect(Math.min(first, second)).toBeGreaterThan(0);
  // Some seconds, with half a second between two rounds in the end: without pauses there were thousands.
  expect(first + second).toBeLessThan(100);
});
