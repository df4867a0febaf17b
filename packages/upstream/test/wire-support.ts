import { createUpstream, UpstreamError, type Connection, type Target } from '../src/index.ts';
import type { ConnectOptions, StepReport } from '../src/connection.ts';

/** Dials what tests run on. */
export const upstream = createUpstream({ allowedCidrs: ['127.0.0.0/8'] });

const PATIENCE_MS = 30_000;

/** Connects, with patience for a loaded machine. */
export async function connect(target: Target, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  return await upstream.connect(target, { signal: AbortSignal.timeout(PATIENCE_MS), ...options });
}

export interface Outcome {
  /** `plain` or `tls`, or the code of what went wrong. */
  readonly outcome: string;
  /** The steps that were taken; the one that failed has an exclamation mark. */
  readonly steps: string;
  readonly message: string;
}

/** Connects, asks something, and says how it went. */
export async function tryToConnect(target: Target, options: Partial<ConnectOptions> = {}): Promise<Outcome> {
  const reports: StepReport[] = [];
  const onStep = (report: StepReport) => void reports.push(report);
  const steps = () => reports.map(({ step, error }) => (error === undefined ? step : `${step}!`)).join(' ');
  try {
    const connection = await connect(target, { ...options, onStep });
    await connection.query('select 1');
    await connection.close();
    return { outcome: connection.tlsProtocol === undefined ? 'plain' : 'tls', steps: steps(), message: '' };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return { outcome: error.code, steps: steps(), message: error.message };
  }
}
