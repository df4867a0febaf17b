import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createDoor, type Door } from '../src/door/door.ts';
import { failureOf, listenOn, listenOnAll, NEVER, openSockets, startBlackhole } from './door-support.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const door = createDoor({ allowedCidrs: LOOPBACK });

const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of toClose.splice(0)) await each.close();
});

function closing<T extends { close(): unknown }>(...each: T[]): T[] {
  toClose.push(...each);
  return each;
}

async function listening(...addresses: string[]) {
  return closing(...(await listenOnAll(...addresses)));
}

async function blackhole(address: string) {
  const [made] = closing(await startBlackhole(address));
  return made?.port ?? expect.fail('none');
}

async function portOfNobody(...addresses: string[]): Promise<number> {
  const listeners = await listenOnAll(...addresses);
  for (const listener of listeners) await listener.close();
  return listeners[0]?.port ?? expect.fail('none');
}

const dial = async (through: Door, addresses: string[], port: number, signal = NEVER) =>
  await through.dial(through.admit('db.example.com', addresses), port, signal);

describe('dialling', () => {
  test('connects to the address itself, and hands the connection over with nothing that could end it', async () => {
    const [server] = await listening('127.0.0.1');
    const controller = new AbortController();
    const socket = await dial(door, ['127.0.0.1'], server?.port ?? 0, controller.signal);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(socket.connecting).toBe(false);
    expect(socket.listenerCount('connect')).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    await expect.poll(() => server?.open.size).toBe(0);
  });

  test('hands over a connection whose errors do not end the process', async () => {
    const [server] = await listening('127.0.0.1');
    const socket = await dial(door, ['127.0.0.1'], server?.port ?? 0);
    await expect.poll(() => server?.open.size).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (const open of server?.open ?? []) open.resetAndDestroy();
    socket.resume();
    expect(await closed).toBe(true);
  });

  test('dials IPv6', async () => {
    const [server] = await listening('::1');
    const socket = await dial(door, ['0:0::1'], server?.port ?? 0);
    expect(socket.remoteAddress).toBe('::1');
    socket.destroy();
  });

  test('dials an IPv4-mapped IPv6 address over IPv4', async () => {
    const [server] = await listening('127.0.0.1');
    const socket = await dial(door, ['::ffff:7f00:1'], server?.port ?? 0);
    expect([socket.remoteAddress, socket.remoteFamily]).toEqual(['127.0.0.1', 'IPv4']);
    socket.destroy();
  });

  test('goes on to the next address where one refuses', async () => {
    const port = await portOfNobody('127.0.0.2', '127.0.0.3');
    closing(await listenOn('127.0.0.3', port));
    const socket = await dial(door, ['127.0.0.2', '127.0.0.3'], port);
    expect(socket.remoteAddress).toBe('127.0.0.3');
    socket.destroy();
  });

  test('goes on to the next address where one does not answer, before its whole time is over', async () => {
    const port = await blackhole('127.0.0.2');
    closing(await listenOn('127.0.0.3', port));
    const quick = createDoor({ allowedCidrs: LOOPBACK, dialLimits: { addressMs: 100 } });
    const socket = await dial(quick, ['127.0.0.2', '127.0.0.3'], port);
    expect(socket.remoteAddress).toBe('127.0.0.3');
    socket.destroy();
  });

  test('dials no more than eight addresses, each once', async () => {
    const all = Array.from({ length: 12 }, (_, index) => `127.0.1.${index + 1}`);
    const port = await portOfNobody(...all);
    const last = closing(...(await Promise.all(all.slice(8).map(async (at) => await listenOn(at, port)))));
    const admitted = door.admit('db.example.com', [...all.slice(0, 2), ...all]);
    expect(admitted.addresses).toEqual(all.slice(0, 8));
    expect((await failureOf('reach', () => door.dial(admitted, port, NEVER))).code).toBe('refused');
    expect(last.map((listener) => listener.taken())).toEqual([0, 0, 0, 0]);
  });
});

describe('what cannot be reached', () => {
  test('is refused where nothing listens', async () => {
    const port = await portOfNobody('127.0.0.1');
    const error = await failureOf('reach', () => dial(door, ['127.0.0.1'], port));
    expect(error).toMatchObject({ code: 'refused', message: 'The connection was refused.' });
  });

  test.each(['224.0.0.1', '255.255.255.255'])('is unreachable where no route leads: %s', async (address) => {
    const open = createDoor({ allowedCidrs: [address] });
    expect((await failureOf('reach', () => dial(open, [address], 5432))).code).toBe('unreachable');
  });

  test('is answered by nobody within the limit, which is 5 s, and leaves no connection being made', async () => {
    const port = await blackhole('127.0.0.1');
    const before = openSockets();
    const began = performance.now();
    expect((await failureOf('reach', () => dial(door, ['127.0.0.1'], port))).code).toBe('timeout');
    expect(performance.now() - began).toBeGreaterThan(4_900);
    expect(performance.now() - began).toBeLessThan(8_000);
    await expect.poll(openSockets).toBe(before);
  });

  test('has one limit for all of its addresses together, and tells what the first one had against it', async () => {
    const port = await blackhole('127.0.0.2');
    const limits = { totalMs: 300, addressMs: 60_000 };
    const quick = createDoor({ allowedCidrs: LOOPBACK, dialLimits: limits });
    const began = performance.now();
    const error = await failureOf('reach', () => dial(quick, ['127.0.0.2', '127.0.0.3'], port));
    expect(error.code).toBe('timeout');
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])(
    'fails as any other where the port is none: %s',
    async (port) => {
      const { code } = await failureOf('reach', () => dial(door, ['127.0.0.1'], port));
      expect(['refused', 'unreachable']).toContain(code);
    },
  );
});

describe('giving up', () => {
  test('ends the attempt at once, and leaves neither a connection nor a listener', async () => {
    const port = await blackhole('127.0.0.1');
    const before = openSockets();
    const controller = new AbortController();
    const failure = failureOf('reach', () => dial(door, ['127.0.0.1', '127.0.0.2'], port, controller.signal));
    await expect.poll(openSockets).toBeGreaterThan(before);
    controller.abort();
    expect((await failure).code).toBe('cancelled');
    await expect.poll(openSockets).toBe(before);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('beforehand dials nothing', async () => {
    const [server] = await listening('127.0.0.1');
    const error = await failureOf('reach', () =>
      dial(door, ['127.0.0.1'], server?.port ?? 0, AbortSignal.abort()),
    );
    expect(error.code).toBe('cancelled');
    const socket = await dial(door, ['127.0.0.1'], server?.port ?? 0);
    await expect.poll(() => server?.taken()).toBe(1);
    socket.destroy();
  });
});
