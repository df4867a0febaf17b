import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The identity service is a program of its own; this is the one place that knows where it lies. */
const PROGRAM = fileURLToPath(new URL('../../../identity/src/main.ts', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 12_000;
/** A session of work with curl should not end in the middle. */
const TOKEN_TTL_SECONDS = 3600;

export const EMBEDDED_AUDIENCE = 'headgate';

export interface IdentityOptions {
  readonly databaseUrl: string;
  readonly port: number;
  readonly secret: string;
  readonly demo: { readonly email: string; readonly password: string };
  readonly logLevel: string;
}

export interface EmbeddedIdentity {
  readonly url: string;
  readonly jwksUrl: string;
  /** Rejects when the service ends by itself. */
  readonly ended: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** The identity service did not start. It has said why on standard error or in the log. */
export class IdentityStartError extends Error {
  override readonly name = 'IdentityStartError';
}

/**
 * Starts the identity service as a child process and waits until it listens.
 *
 * @throws Error when it ends instead; it has then said why on standard error
 */
export async function startIdentity(options: IdentityOptions): Promise<EmbeddedIdentity> {
  const child = fork(PROGRAM, [], {
    // Of its own process group, so that Ctrl-C reaches it through us and in our order.
    detached: true,
    env: {
      HOST: '127.0.0.1',
      IDENTITY_PORT: String(options.port),
      IDENTITY_SECRET: options.secret,
      DATABASE_URL: options.databaseUrl,
      AUTH_AUDIENCE: EMBEDDED_AUDIENCE,
      TOKEN_TTL_SECONDS: String(TOKEN_TTL_SECONDS),
      DEMO_EMAIL: options.demo.email,
      DEMO_PASSWORD: options.demo.password,
      LOG_LEVEL: options.logLevel,
      HEADGATE_SUPERVISED: '1',
    },
  });
  let isReady = false;
  let isStopping = false;
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => {
      const Kind = isReady ? Error : IdentityStartError;
      if (!isStopping) reject(new Kind(`the identity service has ended with ${code}`));
    });
  });
  // Whoever waits for it handles it; until then it is not unhandled.
  ended.catch(() => {});
  const url = await Promise.race([ready(child), ended]);
  isReady = true;
  return {
    url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    ended,
    stop: async () => {
      isStopping = true;
      await stop(child);
    },
  };
}

async function ready(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) })) as [
    { url: string },
  ];
  return message.url;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exit;
  clearTimeout(deadline);
}
