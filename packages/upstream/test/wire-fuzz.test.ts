import { createHmac, pbkdf2Sync } from 'node:crypto';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startFakeServer, type FakeServer } from '@headgate/testing/upstreams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerError, UpstreamError, type SslMode } from '../src/index.ts';
import { openSockets } from './door-support.ts';
import { upstream } from './wire-support.ts';
import {
  authentication,
  BACKEND_KEY,
  bytes,
  columns,
  COMPLETE,
  Conversation,
  error,
  LET_IN,
  message,
  parameter,
  READY,
  row,
  WELCOME,
} from './wire-fakes.ts';

const ROUNDS = 10_000;
const CONCURRENCY = 16;
/** A run that failed is run again by its seed. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
/** Some rounds are given up within this time; others, of which none may come to that, only when something hangs. */
const GIVE_UP_MS = 30;
const HANGING_MS = 60_000;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

/** The Mulberry32 generator: numbers from 0 to 1, the same for the same seed. */
function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    below,
    pick: <T>(choices: readonly T[]) => choices[below(choices.length)] as T,
    bytes: (count: number) => Buffer.from(Array.from({ length: count }, () => below(256))),
  };
}
type Random = ReturnType<typeof createRandom>;

const NASTY_LENGTHS = [0, 3, 4, 5, -1, -2, 0x7fffffff, -0x80000000, 9999, 10_001, 1_048_577, 65_536];

/** What is done to a transcript: nothing, often, so that the stages behind are reached. */
const MUTATIONS: readonly ((random: Random, data: Buffer) => Buffer)[] = [
  (_, data) => data,
  (random, data) => {
    const copy = Buffer.from(data);
    for (let left = 1 + random.below(4); left > 0 && copy.length > 0; left -= 1) {
      copy[random.below(copy.length)] = random.below(256);
    }
    return copy;
  },
  (random, data) => data.subarray(0, random.below(data.length + 1)),
  (random, data) => {
    const at = random.below(data.length + 1);
    return Buffer.concat([data.subarray(0, at), random.bytes(1 + random.below(20)), data.subarray(at)]);
  },
  (random, data) => {
    const [from, to] = [random.below(data.length + 1), random.below(data.length + 1)];
    return Buffer.concat([data, data.subarray(Math.min(from, to), Math.max(from, to))]);
  },
  (random, data) => {
    const copy = Buffer.from(data);
    if (copy.length >= 5) copy.writeInt32BE(random.pick(NASTY_LENGTHS), random.below(copy.length - 4));
    return copy;
  },
  (random, data) => {
    const copy = Buffer.from(data);
    if (copy.length >= 5) copy.writeInt32BE(random.pick(NASTY_LENGTHS), 1);
    return copy;
  },
  (random) => random.bytes(random.below(200)),
  (random) => message(random.pick(Array.from('RKSEZNAvTDCIn123tsGHWdc')), random.bytes(random.below(100))),
  (random) => Buffer.alloc(random.below(200_000), random.below(256)),
];

const ANSWERS = [
  bytes(columns('a', 'b'), row('x', 'y'), row('', 'z'), COMPLETE, READY),
  bytes(message('1', ''), message('2', ''), columns('a'), row('x'), COMPLETE, READY),
  bytes(error({ S: 'ERROR', V: 'ERROR', C: '42601', M: 'syntax error', R: 'scanner_yyerror' }), READY),
  bytes(message('N', 'SNOTICE\0C00000\0Mhear\0\0'), parameter('TimeZone', 'UTC'), message('I', ''), READY),
  bytes(message('A', bytes(1, 'channel\0payload\0')), message('n', ''), COMPLETE, READY),
  bytes(error({ S: 'FATAL', V: 'FATAL', C: '57P01', M: 'terminating' })),
];

const PASSWORD = 'secret';
const SALTED = pbkdf2Sync(PASSWORD, 'salt', 1, 32, 'sha256');

/** A conversation in which one message, at one stage, is not what it should be. Nothing waits for an answer to it. */
class Misbehaviour {
  readonly conversation: Conversation;
  readonly #random: Random;
  readonly #spoiltStage: number;

  constructor(random: Random, socket: Socket) {
    this.conversation = new Conversation(socket);
    this.#random = random;
    this.#spoiltStage = random.below(6);
  }

  /** Whether the conversation goes on. */
  say(stage: number, data: Buffer): boolean {
    const isSpoilt = stage === this.#spoiltStage;
    const spoilt = isSpoilt ? this.#random.pick(MUTATIONS)(this.#random, data) : data;
    const { socket } = this.conversation;
    for (let at = 0; at < spoilt.length;) {
      const end = this.#random.below(4) === 0 ? at + 1 + this.#random.below(spoilt.length) : spoilt.length;
      socket.write(spoilt.subarray(at, end));
      at = end;
    }
    if (isSpoilt) this.hangUp();
    return !isSpoilt;
  }

  /** At once, as it is done or as it is not done, or after a while. */
  hangUp(): void {
    const { socket } = this.conversation;
    const manner = this.#random.below(20);
    if (manner === 0) setTimeout(() => socket.destroy(), GIVE_UP_MS);
    else if (manner < 4) socket.resetAndDestroy();
    else socket.end(this.#random.below(2) === 0 ? '' : WELCOME);
  }
}

/** Speaks to one client as far as it plays along. */
async function misbehave(random: Random, socket: Socket): Promise<void> {
  const misbehaviour = new Misbehaviour(random, socket);
  const { conversation } = misbehaviour;
  if ((await conversation.hear({ isFirst: true })).length === 4) {
    const agrees = random.below(3) === 0;
    if (!misbehaviour.say(0, Buffer.from(agrees ? 'S' : 'N'))) return;
    if (agrees) {
      await conversation.hearAnything();
      // A handshake of the right form and with the wrong content: TLS handshake records.
      const hello = bytes('\x16\x03\x03\x00\x40\x02\x00\x00\x3c\x03\x03', random.bytes(58));
      if (misbehaviour.say(1, hello)) misbehaviour.hangUp();
      return;
    }
    await conversation.hear({ isFirst: true });
  }
  if (!(await logIn(misbehaviour, random))) return;
  if (!misbehaviour.say(3, bytes(LET_IN, parameter('server_version', '18.0'), BACKEND_KEY, READY))) return;
  await conversation.hear();
  if (misbehaviour.say(4, random.pick(ANSWERS))) misbehaviour.hangUp();
}

/** Whether the conversation goes on. */
async function logIn(misbehaviour: Misbehaviour, random: Random): Promise<boolean> {
  const { conversation } = misbehaviour;
  const method = random.below(4);
  if (method === 0) return true;
  if (method === 1) {
    const goesOn = misbehaviour.say(2, authentication(5, 'salt'));
    if (goesOn) await conversation.hear();
    return goesOn;
  }
  // Any of the three messages may be the one.
  const spoilt = random.below(3);
  const say = (index: number, data: Buffer) => misbehaviour.say(index === spoilt ? 2 : HONEST, data);
  if (!say(0, authentication(10, 'SCRAM-SHA-256\0\0'))) return false;
  const clientFirst = (await conversation.hear()).subarray('SCRAM-SHA-256\0'.length + 4).toString();
  const serverFirst = `r=${/r=(.*)$/.exec(clientFirst)?.[1] ?? ''}x,s=c2FsdA==,i=1`;
  if (!say(1, authentication(11, serverFirst))) return false;
  const clientFinal = (await conversation.hear()).toString().replace(/,p=.*$/, '');
  const key = createHmac('sha256', SALTED).update('Server Key').digest();
  const messages = `${clientFirst.slice(3)},${serverFirst},${clientFinal}`;
  return say(2, authentication(12, `v=${createHmac('sha256', key).update(messages).digest('base64')}`));
}

/** A stage that is never the spoilt one. */
const HONEST = -1;

let server: FakeServer;
const surprises: unknown[] = [];
const onSurprise = (reason: unknown) => void surprises.push(reason);

beforeAll(async () => {
  let connections = 0;
  server = await startFakeServer(async (socket) => {
    connections += 1;
    await misbehave(createRandom(SEED + connections), socket);
  });
  process.on('uncaughtException', onSurprise).on('unhandledRejection', onSurprise);
});
afterAll(async () => {
  process.off('uncaughtException', onSurprise).off('unhandledRejection', onSurprise);
  await server.stop();
});

async function playRound(random: Random): Promise<string> {
  const controller = new AbortController();
  const isGivenUp = random.below(20) === 0;
  const timer = setTimeout(() => controller.abort(), isGivenUp ? random.below(GIVE_UP_MS) : HANGING_MS);
  const sslMode: SslMode = random.pick(['disable', 'allow', 'prefer', 'require']);
  const login = { database: 'app', username: 'app', password: PASSWORD };
  try {
    const connection = await upstream.connect(
      { host: server.host, port: server.port, ...login, sslMode },
      { signal: controller.signal, maxBytes: 1_000_000 },
    );
    try {
      const parameters = random.pick([undefined, [], ['x']]);
      if (random.below(2) === 0) await connection.query('select 1', parameters);
      else await connection.each('select 1', parameters ?? [], async () => {});
    } finally {
      await connection.close();
    }
    return 'success';
  } catch (failure) {
    if (failure instanceof ServerError) return `statement ${failure.sqlState}`;
    if (failure instanceof UpstreamError && failure.code === 'cancelled')
      return isGivenUp ? 'given up' : 'hung';
    if (failure instanceof UpstreamError) return `${failure.step} ${failure.code}`;
    throw failure;
  } finally {
    clearTimeout(timer);
  }
}

test(`a server that goes wrong in ${ROUNDS} ways ends no process, holds nobody up and fills no memory`, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const sockets = openSockets();
  const outcomes = new Map<string, number>();
  const play = async (from: number, to: number) => {
    let next = from;
    const work = async () => {
      for (let round = next++; round < to; round = next++) {
        const outcome = await playRound(createRandom(SEED ^ (round * 2_654_435_761)));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  };
  const context = `seed ${SEED}`;
  await play(0, 500);
  const before = held();
  await play(500, ROUNDS);
  expect(held() - before, context).toBeLessThan(MAX_GROWTH_BYTES);
  expect(surprises, context).toEqual([]);
  expect(outcomes.get('hung'), context).toBeUndefined();
  await expect.poll(openSockets, { timeout: 20_000 }).toBeLessThanOrEqual(sockets + 2 * server.open());
  // Rounds that all end at the first word would prove little.
  for (const outcome of ['success', 'statement 42601', 'login protocol_error', 'server protocol_error']) {
    expect(outcomes.get(outcome), `${outcome}, ${context}`).toBeGreaterThan(ROUNDS / 500);
  }
}, 300_000);
