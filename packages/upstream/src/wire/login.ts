import { serialize } from 'pg-protocol';
import type { Target } from '../target.ts';
import { Authentication, type LoginInput } from './authentication.ts';
import { violation, WireError } from './failure.ts';
import { Fields } from './fields.ts';
import { loginRefusal } from './login-refusal.ts';
import { readBackendKey, readParameterStatus, readServerMessage, TYPE } from './messages.ts';

/** More than any server tells at login; PostgreSQL 18 has 15. */
const MAX_PARAMETERS = 100;

/** What the server tells of itself once it has let us in. */
interface LoggedIn {
  readonly parameters: Map<string, string>;
  /** What a request to cancel must show; servers that cannot cancel give none. */
  readonly backendKey: Buffer | undefined;
}

/**
 * Logs in (PostgreSQL manual, section 54.2.1).
 *
 * @throws Refusal where it is the server that says no; WireError for all else
 */
export async function login(input: LoginInput): Promise<LoggedIn> {
  const { channel, target } = input;
  channel.send(startup(target));
  const authentication = new Authentication(input);
  const parameters = new Map<string, string>();
  let backendKey: Buffer | undefined;
  for (;;) {
    const { type, body } = await channel.next();
    if (type === TYPE.error) throw loginRefusal(readServerMessage(body), input);
    if (type === TYPE.notice || type === TYPE.negotiateVersion) continue;
    if (!authentication.isDone) {
      if (type !== TYPE.authentication) throw violation('it goes on before it has let us in');
      await authentication.answer(new Fields(body));
      continue;
    }
    if (type === TYPE.parameterStatus) {
      const [name, value] = readParameterStatus(body);
      if (parameters.size < MAX_PARAMETERS) parameters.set(name, value);
    } else if (type === TYPE.backendKey) backendKey = readBackendKey(body);
    else if (type === TYPE.ready) return { parameters, backendKey };
    else throw violation('it sends something else before it is ready');
  }
}

/**
 * Names and nothing more: PgBouncer refuses a parameter that it does not know. pg-protocol adds `client_encoding`.
 *
 * @throws WireError login_failed for a name that would end early and go on as another parameter
 */
function startup({ username, database }: Target): Buffer {
  if (`${username}${database}`.includes('\0')) {
    throw new WireError(
      'login_failed',
      'A username or database holds a NUL, which PostgreSQL does not know.',
    );
  }
  return serialize.startup({ user: username, database, application_name: 'headgate' });
}
