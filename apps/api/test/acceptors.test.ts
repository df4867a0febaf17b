import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { accept, type Acceptors } from '../src/acceptors.ts';

const open: Acceptors[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => await close()));
});

async function acceptAt(port: number, server: Server = createServer()): Promise<Acceptors> {
  const acceptors = await accept(server, { host: '127.0.0.1', port, backlog: 16 });
  open.push(acceptors);
  return acceptors;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { url, close } = await acceptAt(0);
  await close();
  return Number(new URL(url).port);
}

test('a port is taken while an instance listens there, and free again as soon as it stops', async () => {
  const port = await freePort();
  const { close } = await acceptAt(port);
  await expect(acceptAt(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await close();
  await expect(acceptAt(port)).resolves.toBeDefined();
});

test('of instances that start in the same moment one gets the port, and the others hear that it is taken', async () => {
  const port = await freePort();
  const starts = await Promise.allSettled(Array.from({ length: 5 }, async () => await acceptAt(port)));
  const refused = starts.filter((start) => start.status === 'rejected');
  expect(refused).toHaveLength(4);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'EADDRINUSE' });
});

test('a start that fails claims nothing', async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(port, '127.0.0.1', resolve));
  await expect(acceptAt(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => void other.close(resolve));
  await expect(acceptAt(port)).resolves.toBeDefined();
});
