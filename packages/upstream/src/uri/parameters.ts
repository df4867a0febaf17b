/** Every keyword that libpq knows (PostgreSQL 18 manual, section 32.1.2), and what becomes of it here. */
import { URI_FORM } from './uri-error.ts';

/** Known, and without effect: Headgate decides these things itself, and the answer names them. */
const IGNORED: ReadonlySet<string> = new Set([
  'application_name',
  'channel_binding',
  'client_encoding',
  'connect_timeout',
  'fallback_application_name',
  'gssdelegation',
  'gssencmode',
  'gsslib',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'max_protocol_version',
  'min_protocol_version',
  'options',
  'require_auth',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
  'sslcertmode',
  'sslcompression',
  'sslnegotiation',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
]);

const IN_ITS_PLACE = `write it in its place, as in ${URI_FORM}`;
const CLIENT_CERTIFICATE =
  'no file is read here; register the client certificate with its key under certificates, and name it in client_certificate_id';
const NO_FILE = 'no file is read here; leave it out';
const PASSWORD_ONLY = 'Headgate logs in with the password; leave it out';

/** Known, and refused, each with what to do in its place. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['host', IN_ITS_PLACE],
  ['port', IN_ITS_PLACE],
  ['user', IN_ITS_PLACE],
  ['password', IN_ITS_PLACE],
  ['dbname', IN_ITS_PLACE],
  ['hostaddr', 'Headgate resolves the host itself; write the address as the host if it must be that one'],
  ['requirepeer', 'Unix sockets are not dialled; leave it out'],
  ['service', `${NO_FILE}, and write out what the service stands for`],
  ['passfile', `${NO_FILE}, and write the password behind the user name`],
  ['sslcert', CLIENT_CERTIFICATE],
  ['sslkey', CLIENT_CERTIFICATE],
  ['sslpassword', CLIENT_CERTIFICATE],
  [
    'sslrootcert',
    'no file is read here; register the CA bundle under certificates, and name it in ca_certificate_id (without one the public authorities are believed, as with "system")',
  ],
  ['sslcrl', NO_FILE],
  ['sslcrldir', NO_FILE],
  ['sslkeylogfile', NO_FILE],
  ['replication', 'Headgate chooses the kind of connection itself; leave it out'],
  ['requiressl', 'it is long out of date; write sslmode=require'],
  ['scram_client_key', PASSWORD_ONLY],
  ['scram_server_key', PASSWORD_ONLY],
  ['oauth_issuer', PASSWORD_ONLY],
  ['oauth_client_id', PASSWORD_ONLY],
  ['oauth_client_secret', PASSWORD_ONLY],
  ['oauth_scope', PASSWORD_ONLY],
]);

/** What other drivers read of a URI, by the driver that people know it from. libpq refuses each of these. */
const OF_OTHER_DRIVERS: readonly { readonly driver: string; readonly keywords: readonly string[] }[] = [
  {
    driver: 'Prisma',
    keywords: [
      'connection_limit',
      'pool_timeout',
      'schema',
      'socket_timeout',
      'sslaccept',
      'sslidentity',
      'statement_cache_size',
    ],
  },
  {
    driver: 'node-postgres',
    keywords: ['idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'uselibpqcompat'],
  },
  {
    driver: 'the JDBC driver',
    keywords: [
      'ApplicationName',
      'connectTimeout',
      'currentSchema',
      'loginTimeout',
      'prepareThreshold',
      'reWriteBatchedInserts',
      'socketTimeout',
      'sslfactory',
      'stringtype',
      'targetServerType',
      'tcpKeepAlive',
    ],
  },
  {
    driver: 'pgx',
    keywords: [
      'default_query_exec_mode',
      'pool_max_conn_idle_time',
      'pool_max_conn_lifetime',
      'pool_max_conns',
      'pool_min_conns',
      'search_path',
      'statement_cache_capacity',
    ],
  },
  { driver: 'lib/pq', keywords: ['binary_parameters'] },
  { driver: 'asyncpg', keywords: ['command_timeout', 'prepared_statement_cache_size', 'server_settings'] },
  { driver: 'Rails', keywords: ['encoding', 'pool', 'prepared_statements', 'reaping_frequency'] },
  { driver: 'Supabase and Vercel', keywords: ['supa', 'workaround'] },
];

const FOREIGN: ReadonlyMap<string, string> = new Map([
  [
    'pgbouncer',
    'is a setting of Prisma for databases behind a pooler; leave it out, and give the direct host where there is one, since Headgate pools itself',
  ],
  ['ssl', 'is read only as ssl=true; write sslmode with one of its values instead'],
  ...OF_OTHER_DRIVERS.flatMap(({ driver, keywords }) =>
    keywords.map(
      (keyword) => [keyword, `is a setting of ${driver}, not one of libpq; leave it out`] as const,
    ),
  ),
]);

/** What becomes of a keyword, and what to tell whoever wrote it. */
type Treatment =
  | { readonly kind: 'sslmode' | 'ignored' | 'unknown' }
  /** Reads after the keyword. */
  | { readonly kind: 'refused' | 'foreign'; readonly message: string };

/** Keywords are case-sensitive, as libpq's are. */
export function treatmentOf(keyword: string): Treatment {
  if (keyword === 'sslmode') return { kind: 'sslmode' };
  if (IGNORED.has(keyword)) return { kind: 'ignored' };
  const refused = REFUSED.get(keyword);
  if (refused !== undefined) return { kind: 'refused', message: `is not accepted in its query: ${refused}` };
  const foreign = FOREIGN.get(keyword);
  if (foreign !== undefined) return { kind: 'foreign', message: foreign };
  return { kind: 'unknown' };
}
