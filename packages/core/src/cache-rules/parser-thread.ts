import { Worker } from 'node:worker_threads';
import { invalidInput, unavailable, type HeadgateError } from '../errors.ts';
import type { Reply } from './parser-worker.ts';
import type { Verdict } from './statement.ts';

interface Options {
  /** What the thread runs: it answers each text that it is sent with one `Reply`. */
  readonly file: URL;
  /** How many texts may wait while one is worked on. */
  readonly maxWaiting: number;
  /** How long one text may take, the start of a thread included. */
  readonly boundMs: number;
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

/**
 * One thread that judges statements, one after the other. It is started when it is first needed, ended when it has had
 * nothing to do for a while, so that its memory is given back, and replaced after any fault. It never keeps the process
 * alive, and is told neither the environment nor what the process was started with.
 *
 * @returns a function that throws HeadgateError UNAVAILABLE when too many texts wait already, INVALID_INPUT when a text
 *   takes too long
 */
export function createParserThread({ file, maxWaiting, boundMs, idleMs }: Options) {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

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
    current = waiting.shift();
    if (current === undefined) {
      timer = setTimeout(end, idleMs).unref();
      return;
    }
    timer = setTimeout(() => giveUp(tooLong()), boundMs).unref();
    worker ??= start();
    worker.postMessage(current.sql, []);
  }

  return async (sql: string): Promise<Verdict> => {
    if (waiting.length >= maxWaiting) throw unavailable('Too many statements wait for the SQL parser.');
    return await new Promise((resolve, reject) => {
      waiting.push({ sql, resolve, reject });
      if (current === undefined) goOn();
    });
  };
}

function tooLong(): HeadgateError {
  return invalidInput([{ field: 'sql', message: 'takes too long to be understood; shorten it' }]);
}
