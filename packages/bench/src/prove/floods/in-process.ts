import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Has a program do something in a process of its own: it is sent the order, and sends back the report.
 *
 * @throws Error when it ends without one
 */
export async function inProcess<Report>(program: URL, order: object): Promise<Report> {
  const child = fork(fileURLToPath(program), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${program.pathname} ended with ${code ?? signal}`);
  });
  ended.catch(() => {});
  child.send(order);
  const [report] = (await Promise.race([once(child, 'message'), ended])) as [Report];
  return report;
}
