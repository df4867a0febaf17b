import type { SslMode } from './target.ts';
import { isWithin, normalized, rangeOf, type Provider } from './provider.ts';

/** Something worth telling whoever registers a server, under a code that clients can branch on. */
export interface Hint {
  readonly code: HintCode;
  readonly message: string;
}

/** What is known of providers' servers and goes wrong again and again. None of it keeps a server from being registered. */
const HINTS = {
  ssl_alias:
    'ssl=true was read as sslmode=require, as libpq does, which by itself encrypts and verifies nothing. Write sslmode=verify-full to have the server verified.',
  supabase_direct_username:
    'Direct hosts of Supabase know the user without the project: postgres, not postgres.<project>. The dotted form belongs to *.pooler.supabase.com.',
  supabase_pooler_username:
    "Supabase's pooler tells projects apart by the user: postgres.<project>, not postgres. Copy the user from the pooler's own connection string.",
  supabase_ipv6_only:
    'Direct hosts of Supabase have only IPv6 addresses without the IPv4 add-on. Give the session pooler (*.pooler.supabase.com, port 5432) if this service has no route to them.',
  supabase_transaction_mode:
    'Port 6543 of Supabase is a pooler in transaction mode: no session state, no replication. Give port 5432, since Headgate pools itself.',
  neon_transaction_mode:
    'Hosts of Neon with -pooler are PgBouncer in transaction mode: no session state, no replication. Give the host without -pooler, since Headgate pools itself.',
  provider_ca_needed:
    "This provider signs its servers' certificates with an authority of its own. Download its CA bundle, register it under certificates and name it in ca_certificate_id, or verification fails.",
  gcp_authorized_networks:
    "Public addresses of Cloud SQL let nobody in but the instance's authorized networks. Enter the addresses of this service there.",
  azure_username:
    'user@server was the form of Azure Single Server. Flexible Server knows the user without @server: leave that out if the login fails.',
} as const satisfies Record<string, string>;

export type HintCode = keyof typeof HINTS;

/** A hint in full. */
export function hint(code: HintCode): Hint {
  return { code, message: HINTS[code] };
}

/** What hints are made from. */
interface Registered {
  readonly provider: Provider;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly sslMode: SslMode;
  /** Whether it has a CA bundle of its own. */
  readonly hasCa: boolean;
}

/** What is worth saying about a server at this provider, in a fixed order; nothing where nothing looks wrong. */
export function providerHints(registered: Registered): Hint[] {
  const server = { ...registered, host: normalized(registered.host) };
  return RULES.filter(({ applies }) => applies(server)).map(({ code }) => hint(code));
}

const SUPABASE_TRANSACTION_PORT = 6543;

const RULES: readonly { readonly code: HintCode; readonly applies: (server: Registered) => boolean }[] = [
  {
    code: 'supabase_direct_username',
    applies: ({ host, username }) => isSupabaseDirect(host) && username.includes('.'),
  },
  {
    code: 'supabase_pooler_username',
    applies: ({ host, username }) => isSupabasePooler(host) && !username.includes('.'),
  },
  { code: 'supabase_ipv6_only', applies: ({ host }) => isSupabaseDirect(host) },
  {
    code: 'supabase_transaction_mode',
    applies: ({ host, port }) =>
      port === SUPABASE_TRANSACTION_PORT && (isSupabaseDirect(host) || isSupabasePooler(host)),
  },
  {
    code: 'neon_transaction_mode',
    applies: ({ host }) => isWithin(host, 'neon.tech') && /^[^.]*-pooler\./.test(host),
  },
  { code: 'provider_ca_needed', applies: needsCa },
  {
    code: 'gcp_authorized_networks',
    applies: ({ provider, host }) => provider === 'gcp' && rangeOf(host) === 'unicast',
  },
  {
    code: 'azure_username',
    applies: ({ provider, host, username }) =>
      provider === 'azure' && username.toLowerCase().endsWith(`@${host.split('.', 1)[0] ?? ''}`),
  },
];

function isSupabaseDirect(host: string): boolean {
  return host.startsWith('db.') && isWithin(host, 'supabase.co');
}

function isSupabasePooler(host: string): boolean {
  return isWithin(host, 'pooler.supabase.com');
}

/** Neon and Azure have certificates of public authorities; RDS Proxy has too, unlike the servers of RDS. */
function needsCa({ provider, host, sslMode, hasCa }: Registered): boolean {
  if (hasCa || !(sslMode === 'verify-ca' || sslMode === 'verify-full')) return false;
  if (provider === 'aws') return !/\.proxy-[a-z0-9]+\./.test(host);
  return provider === 'supabase' || provider === 'gcp' || provider === 'digitalocean';
}

/**
 * Whether a password is a token of AWS IAM, which ends 15 minutes after it was made (RDS user guide, "IAM database
 * authentication"): kept, it would only look like a password.
 */
export function isExpiringToken(password: string): boolean {
  return password.includes('X-Amz-Signature=');
}
