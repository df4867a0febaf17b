import { Worker } from 'node:worker_threads';
import { invalidInput, unavailable, type HeadgateError } from '../errors.ts';
import type { Reply } from './parser-worker.ts';
import type { Verdict } from './statement.ts';

interface Options {
  /** What the thread runs: it answers each text that it is sent with one `Reply`. */
  readonly file: URL;
  /** How many texts may wait while one is worked on. */
  readonly maxWaiting: number;
  /** How much of the processor's time one text may take, the start of a thread included. */
  readonly boundMs: number;
  /** How long whoever waits for the one text does: on a busy machine its thread may get little time. */
  readonly patienceMs: number;
  /** After how long without work the thread is ended. */
  readonly idleMs: number;
}

interface Job {
  readonly sql: string;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

/** The parse tree of the longest statement takes a few megabytes; what a thread collects late is memory of the process. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };
const MICROSECONDS_PER_MS = 1000;

/**
 * One thread that judges statements, one after the other. It is started when it is first needed, ended when it has had
 * nothing to do for a while, so that its memory is given back, and replaced after any fault. It never keeps the process
 * alive, and is told neither the environment nor what the process was started with.
 *
 * @returns `judge`, which throws HeadgateError UNAVAILABLE when too many texts wait already or the thread gets too little
 *   time, INVALID_INPUT when a text takes too much of it; `state`, which tells how many wait, the one that is worked on not counted
 */
export function createParserThread({ file, maxWaiting, boundMs, patienceMs, idleMs }: Options) {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;

  function start(): Worker {
    const started = new Worker(file, { env: {}, execArgv: [], resourceLimits: HEAP });
    // What one says that was given up is nobody's any more.
    const whileInUse = (act: () => void) => {
      if (worker === started) act();
    };
    started.on('message', (reply: Reply) => whileInUse(() => take(reply)));
    started.on('error', (error: Error) => whileInUse(() => giveUp(error)));
    started.on('exit', () => whileInUse(() => giveUp(new Error('the thread of the SQL parser has ended'))));
    // Behind the listeners: the first one for messages would hold the process again.
    started.unref();
    return started;
  }

  function end(): void {
    const ended = worker;
    worker = undefined;
    void ended?.terminate();
  }

  function take(reply: Reply): void {
    if ('fault' in reply) return giveUp(new Error(`the SQL parser failed: ${reply.fault}`));
    const done = current;
    goOn();
    done?.resolve(reply);
  }

  /** The one text gets the reason; the others get another thread. */
  function giveUp(reason: Error): void {
    const failed = current;
    end();
    goOn();
    failed?.reject(reason);
  }

  function goOn(): void {
    clearTimeout(timer);
    clearTimeout(patience);
    current = waiting.shift();
    if (current === undefined) {
      timer = setTimeout(end, idleMs).unref();
      return;
    }
    worker ??= start();
    limit(current, worker);
    worker.postMessage(current.sql, []);
  }

  /** A text that has used up its time is at fault; one whose thread did not get that much time is not. */
  function limit(job: Job, thread: Worker): void {
    const before = timeOf(thread);
    const check = async () => {
      const usedMs = (await timeOf(thread)) - (await before);
      if (current !== job) return;
      if (usedMs >= boundMs) return giveUp(tooLong());
      timer = setTimeout(() => void check(), boundMs - usedMs).unref();
    };
    timer = setTimeout(() => void check(), boundMs).unref();
    patience = setTimeout(() => giveUp(tooBusy()), patienceMs).unref();
  }

  const judge = async (sql: string): Promise<Verdict> => {
    if (waiting.length >= maxWaiting)
      throw unavailable('Too many statements wait for the SQL parser.', { bound: 'sql_parser' });
    return await new Promise((resolve, reject) => {
      waiting.push({ sql, resolve, reject });
      if (current === undefined) goOn();
    });
  };
  return { judge, state: () => ({ waiting: waiting.length, max: maxWaiting }) };
}

/** How much of the processor's time a thread has had, in milliseconds; 0 for one that does not run. */
async function timeOf(thread: Worker): Promise<number> {
  const used = await thread.cpuUsage().catch(() => undefined);
  return used === undefined ? 0 : (used.user + used.system) / MICROSECONDS_PER_MS;
}

function tooBusy(): HeadgateError {
  return unavailable('The SQL parser gets too little time.', { bound: 'sql_parser' });
}

function tooLong(): HeadgateError {
  return invalidInput([{ field: 'sql', message: 'takes too long to be understood; shorten it' }]);
}
