import { checkUpstream, type CheckOptions, type CheckResult, type Target } from '../src/index.ts';
import { upstream } from './wire-support.ts';

/** As long as the service itself lets a check take. */
export const TIME_LIMIT_MS = 14_000;

/** How long `expect.poll` waits for what must come about: the machine may be loaded. */
export const PATIENCE = { timeout: 20_000 };

type Login = Pick<Target, 'host' | 'port'> & Partial<Target>;

/** What to connect to; the login does not matter where none is given. */
export function targetOf({
  host,
  port,
  database = 'app',
  username = 'app',
  password = 'secret',
  sslMode = 'disable',
}: Login): Target {
  return { host, port, database, username, password, sslMode };
}

/** Checks a server, as the service does. */
export async function check(login: Login, options: Partial<CheckOptions> = {}): Promise<CheckResult> {
  return await checkUpstream(upstream, targetOf(login), {
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
    ...options,
  });
}

/** The steps in short: `name:outcome`, with the code where there is one. */
export function steps({ checks }: CheckResult): string[] {
  return checks.map(({ name, outcome, code }) => `${name}:${outcome}${code === undefined ? '' : `:${code}`}`);
}

const ON_THE_WAY = ['name', 'address', 'reach', 'tls', 'login', 'server'];

/** The steps of a check that all goes well for, without TLS. */
export const ALL_PASSED = ON_THE_WAY.map((step) => `${step}:${step === 'tls' ? 'skipped' : 'passed'}`);

/** The steps of a check that comes to this one, which fails with this code. */
export function failingAt(name: string, code: string): string[] {
  const at = ON_THE_WAY.indexOf(name);
  return ALL_PASSED.map((passed, index) => {
    if (index < at) return passed;
    return index === at ? `${name}:failed:${code}` : `${ON_THE_WAY[index]}:skipped`;
  });
}

export const codesOf = ({ warnings }: CheckResult): string[] => warnings.map(({ code }) => code);
