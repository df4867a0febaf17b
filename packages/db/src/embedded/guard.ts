import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** Its input ends when we end it, or end ourselves; then what still runs is ended, and its files are removed. */
const SCRIPT = `
cat > /dev/null
read -r pid < "$0" || exit 0
kill "-$1" "$pid" || exit 0
while kill -0 "$pid"; do sleep 0.1; done
rm -rf "$2"`;

interface Guarded {
  /** The file that holds its process id while it runs. */
  readonly pidFile: string;
  readonly signal: 'QUIT' | 'KILL';
  /** What is removed when it had to be ended. */
  readonly dir: string;
}

/**
 * Has a program end with us, however we end: a test run that is killed leaves no server behind. What comes back lets go
 * of it, once it has been stopped as it should be.
 */
export function endWithUs({ pidFile, signal, dir }: Guarded): () => void {
  const guard = spawn('/bin/sh', ['-c', SCRIPT, pidFile, signal, dir], {
    // In a group of its own, which Ctrl-C in a terminal does not reach.
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => void guard.stdin.end();
}
