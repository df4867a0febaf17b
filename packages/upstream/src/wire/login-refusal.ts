import type { FailureCode } from '../codes.ts';
import { Refusal } from './failure.ts';
import type { ServerMessage } from './messages.ts';
import type { ServerText } from './server-text.ts';

interface Rule {
  readonly code: FailureCode;
  readonly sqlState?: string;
  /** The function that says it, which no locale changes. */
  readonly routine?: string;
  /** Text of the message. Only what stays the same in every language is relied upon where there is another way. */
  readonly text?: RegExp;
}

/**
 * Which refusal is which: the first rule that fits. PostgreSQL gives one SQLSTATE to several of them (28000), and its
 * text is in the server's language, so the routine decides where it can. Poolers have texts only.
 */
const RULES: readonly Rule[] = [
  { code: 'pooler_no_such_tenant', text: /tenant or user not found/i },
  {
    code: 'pooler_cannot_connect',
    text: /server login (?:failed|has been failing)|cannot connect to server|query_wait_timeout/i,
  },
  { code: 'too_many_connections', sqlState: '08P01', text: /no more connections allowed/i },
  { code: 'no_such_database', sqlState: '08P01', text: /no such database/i },
  { code: 'no_such_role', sqlState: '08P01', text: /no such user/i },
  { code: 'wrong_password', sqlState: '08P01', text: /auth(?:entication)? failed/i },
  { code: 'wrong_password', sqlState: '28P01' },
  { code: 'no_such_database', sqlState: '3D000' },
  { code: 'too_many_connections', sqlState: '53300' },
  { code: 'starting_up', sqlState: '57P03' },
  { code: 'login_not_permitted', sqlState: '42501' },
  { code: 'no_pg_hba_entry', sqlState: '28000', text: /pg_hba\.conf/ },
  { code: 'login_not_permitted', sqlState: '28000', text: /not permitted to log in/i },
  { code: 'no_such_role', sqlState: '28000', text: /does not exist/i },
  // What ClientAuthentication says with this SQLSTATE names pg_hba.conf in every language, but for this one.
  { code: 'client_certificate_required', sqlState: '28000', routine: 'ClientAuthentication' },
  { code: 'client_certificate_required', sqlState: '28000', text: /valid client certificate/i },
  // Localized: that the role does not exist, or that it may not log in.
  { code: 'login_not_permitted', sqlState: '28000', routine: 'InitializeSessionUserId' },
  { code: 'login_not_permitted', sqlState: '55000', routine: 'CheckMyDatabase' },
];

/** How PostgreSQL ends its sentence about pg_hba.conf for a connection without TLS, and how poolers put it. */
const WANTS_TLS =
  /no encryption|SSL off|(?:SSL|TLS)(?: connection)?(?: is)? required|connection is insecure/i;

/** The server's "no" to a login, under the code of its reason. `isTlsLeft` says that TLS was not asked for yet. */
export function loginRefusal(
  said: ServerMessage,
  { isTlsLeft, serverText }: { readonly isTlsLeft: boolean; readonly serverText: ServerText },
): Refusal {
  const rule = RULES.find(
    ({ sqlState, routine, text }) =>
      (sqlState === undefined || sqlState === said.sqlState) &&
      (routine === undefined || routine === said.routine) &&
      (text === undefined || text.test(said.message)),
  );
  const code = rule?.code ?? 'login_failed';
  return new Refusal(
    isTlsLeft && (code === 'no_pg_hba_entry' || code === 'login_failed') && WANTS_TLS.test(said.message)
      ? 'tls_required'
      : code,
    `The server refuses the login (${said.sqlState}): ${ended(serverText.show(said.message))}`,
  );
}

/** What a server says ends without a full stop, as its style guide has it (PostgreSQL manual, section 55.3). */
function ended(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
