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

test.runIf(process.platform === 'linux')(
  'a port that another instance is about to listen at, and has looked whether it is free, is taken already',
  async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(`\0headgate 127.0.0.1 ${port}`, resolve));
    await expect(acceptAt(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => void other.close(resolve));
    await expect(acceptAt(port)).resolves.toBeDefined();
  },
);

test('a start that fails claims nothing', async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(port, '127.0.0.1', resolve));
  await expect(acceptAt(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await new Promise((resolve) => void other.close(resolve));
  await expect(acceptAt(port)).resolves.toBeDefined();
});
