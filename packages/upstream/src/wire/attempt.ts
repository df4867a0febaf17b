import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection, ConnectOptions, StepReport } from '../connection.ts';
import type { Admitted, Door } from '../door/door.ts';
import { UpstreamError } from '../error.ts';
import type { Target } from '../target.ts';
import { serverEndPoint } from './channel-binding.ts';
import { Channel } from './channel.ts';
import { encrypt } from './encrypt.ts';
import { atStep, Refusal, TlsFailure, WireError } from './failure.ts';
import { login } from './login.ts';
import { requestTls } from './request-tls.ts';
import { ServerText } from './server-text.ts';
import { Session } from './session.ts';
import { Steps } from './steps.ts';
import { plainFailure, tlsFailure } from './tls-failure.ts';

/** Bounds what is read from a server where the caller does not. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** Whether an attempt encrypts: never, where the server can, or else not at all. */
export type Encryption = 'no' | 'if-possible' | 'yes';

/** What all attempts have in common. */
export interface Way {
  readonly door: Door;
  readonly admitted: Admitted;
  readonly target: Target;
  readonly options: ConnectOptions;
  /** When `connect` began (performance.now). */
  readonly startMs: number;
}

/** How an attempt went. */
export interface Attempt {
  /** Its steps, from `reach` on. */
  readonly reports: StepReport[];
  connection?: Connection;
  error?: unknown;
  /** Whether it is the server, or the handshake with it, that said no: then the other way may be tried. */
  isRefused: boolean;
  /** Whether the server agreed to TLS. */
  isEncrypted: boolean;
}

/** Dials, encrypts and logs in, once. Never throws. */
export async function attempt(way: Way, encryption: Encryption): Promise<Attempt> {
  const { door, admitted, target, options } = way;
  const result: Attempt = { reports: [], isRefused: false, isEncrypted: false };
  const steps = new Steps(options.signal, (report) => result.reports.push(report));
  const serverText = new ServerText();
  let socket: Socket | undefined;
  try {
    const plain = await steps.take(
      'reach',
      async () => await door.dial(admitted, target.port, options.signal),
    );
    // Until somebody reads from it nobody hears its errors, and an error that nobody hears ends the process.
    socket = plain.on('error', () => {});
    const stage: Stage = { way, serverText, result, plain };
    const encrypted = encryption === 'no' ? undefined : await beginTls(stage, steps, encryption);
    result.connection = await steps.take('login', async () => await logIn(stage, encryption, encrypted));
  } catch (error) {
    socket?.destroy();
    result.error = error;
    settle(result);
  }
  return result;
}

interface Stage {
  readonly way: Way;
  readonly serverText: ServerText;
  readonly result: Attempt;
  readonly plain: Socket;
}

async function beginTls(stage: Stage, steps: Steps, encryption: Encryption): Promise<TLSSocket | undefined> {
  const { way, result, plain } = stage;
  const { target, options } = way;
  const work = async () => {
    result.isEncrypted = await requestTls(plain, options.signal);
    if (result.isEncrypted) return await encrypt(plain, { target, admitted: way.admitted }, options.signal);
    if (encryption === 'if-possible') return undefined;
    throw new WireError('tls_unsupported', 'The server does not speak TLS.');
  };
  const encrypted = await steps.take('tls', async () => await notingRefusal(result, work));
  // A connection that stays plain has no such step.
  if (encrypted === undefined) result.reports.pop();
  return encrypted;
}

async function logIn(
  { way, serverText, result, plain }: Stage,
  encryption: Encryption,
  encrypted?: TLSSocket,
): Promise<Connection> {
  const { door, target, options, startMs } = way;
  const { signal, maxBytes = DEFAULT_MAX_BYTES } = options;
  const isEncrypted = encrypted !== undefined;
  const address = plain.remoteAddress ?? '';
  const nameFailure = isEncrypted ? tlsFailure : plainFailure;
  const channel = new Channel(encrypted ?? plain, { signal, maxBytes, nameFailure });
  try {
    const certificate = encrypted?.getPeerX509Certificate();
    const endPoint = certificate && serverEndPoint(certificate);
    const input = { target, channel, serverText, isEncrypted, isTlsLeft: encryption === 'no', endPoint };
    const { parameters, backendKey } = await notingRefusal(result, async () => await login(input));
    channel.widen();
    return new Session({
      ...{ channel, serverText, parameters, address },
      tlsProtocol: encrypted?.getProtocol() ?? undefined,
      latencyMs: performance.now() - startMs,
      // Of several servers behind the name, it is this one that knows the key.
      route: { door, target, admitted: door.admit(target.host, [address]), isEncrypted, backendKey },
    });
  } catch (error) {
    channel.fail(error instanceof WireError ? error : new WireError('closed', 'The login failed.'));
    throw error instanceof TlsFailure ? atStep('tls', error) : error;
  }
}

async function notingRefusal<T>(result: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    result.isRefused = error instanceof Refusal;
    throw error;
  }
}

/** The verdict on a client's certificate can arrive with the login, and belongs to the step before. */
function settle({ reports, error }: Attempt): void {
  if (!(error instanceof UpstreamError) || error.step !== 'tls' || reports.at(-1)?.step !== 'login') return;
  reports.pop();
  const tls = reports.pop();
  if (tls !== undefined) reports.push({ ...tls, error });
}
