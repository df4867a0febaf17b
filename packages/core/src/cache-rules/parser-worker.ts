/**
 * A thread of its own for the parser: the thread that serves requests only waits for it. SQL comes in, a verdict goes
 * back, and nothing is kept or logged. It imports no more than the decision needs, since all of it is loaded once more.
 */
import { parentPort } from 'node:worker_threads';
import { judgeStatement, type Verdict } from './statement.ts';

/** What the thread answers to a text: a verdict, or where it failed. */
export type Reply = Verdict | { readonly fault: string };

parentPort?.on('message', (sql: string) => {
  void answer(sql).then((reply) => parentPort?.postMessage(reply, []));
});

async function answer(sql: string): Promise<Reply> {
  return await judgeStatement(sql).catch((error: unknown) => ({ fault: whereOf(error) }));
}

/** The kind of an error and where it was thrown. Its message may quote the text, and with it somebody's literals. */
function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [error.name, ...frames].join('\n');
}
