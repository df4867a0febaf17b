import type { Row, View } from '../model/rows.ts';
import { livingIn } from '../model/rows.ts';
import { USUAL, type Changed, type Kind, type Made, type Making } from './kind.ts';

const NAMES = ['mydb', 'orders', 'été'];
const BLANK = { host: '', port: 0, name: '', username: '' };
const MAX_POOL_SIZE = 50;

/** Whether it is more than the blank primary that some clients make first. */
export function isConfigured({ view }: Row): boolean {
  return view['host'] !== '';
}

function connection({ chance, serial, secret }: Making) {
  return {
    host: `db-${serial()}.example.com`,
    port: 5432 + chance.below(10),
    name: chance.pick(NAMES),
    username: 'myuser',
    password: secret(),
  };
}

function without({ password: _password, ...view }: ReturnType<typeof connection>): View {
  return view;
}

function asUrl({ host, port, name, username, password }: ReturnType<typeof connection>): object {
  const user = `${username}:${encodeURIComponent(password)}`;
  return { url: `postgresql://${user}@${host}:${port}/${encodeURIComponent(name)}?sslmode=verify-full` };
}

/** A certificate of the project, or none. */
export function someCertificate(
  { model, chance }: Making,
  project: Row | undefined,
): { readonly ca_certificate_id?: string } {
  const ca = livingIn(model, 'certificate', project).filter(({ view }) => view['kind'] === 'ca');
  return ca.length > 0 && chance.isLucky(0.3) ? { ca_certificate_id: chance.pick(ca).id } : {};
}

function make(making: Making, parent: Row | undefined): Made {
  const { chance } = making;
  const given = connection(making);
  const settings = {
    ...someCertificate(making, parent),
    ...(chance.isLucky(0.4) && { pool_config: { pool_size: 1 + chance.below(MAX_POOL_SIZE) } }),
    ...(chance.isLucky(0.3) && { query_timeout_ms: chance.below(1000) }),
  };
  return {
    body: { ...(chance.isLucky(0.2) ? asUrl(given) : given), ...settings },
    sent: { ...without(given), ...settings },
    keeps: { secret: given.password, passwords: 1 },
  };
}

function change(making: Making, row: Row): Changed {
  const { chance, secret, serial } = making;
  if (!isConfigured(row)) return { ...configure(making), derived: ['connection_string', 'provider'] };
  const password = secret();
  const renewed = { keeps: { secret: password, passwords: row.passwords + 1 } };
  const setting = (sent: View): Changed => ({ body: sent, sent });
  const choices: (() => Changed)[] = [
    () => setting({ pool_config: { pool_size: 1 + chance.below(MAX_POOL_SIZE) } }),
    () => setting({ cache_config: { enabled: chance.isLucky(0.5), ttl_seconds: chance.below(100) } }),
    () => setting({ query_timeout_ms: chance.below(1000), auto_read_routing: chance.isLucky(0.5) }),
    () => setting({ role: chance.pick(['primary', 'replica']) }),
    () => ({ body: { password }, sent: {}, ...renewed }),
    () => {
      const sent = { host: `db-${serial()}.example.com`, ...someCertificate(making, row.parent) };
      return { body: { ...sent, password }, sent, ...renewed };
    },
    () => {
      const sent = { username: `user_${serial()}` };
      return { body: { ...sent, password }, sent, derived: ['connection_string'], ...renewed };
    },
  ];
  return chance.pick(choices)();
}

/** All of a connection at once, for a primary that was blank. */
function configure(making: Making): Changed {
  const given = connection(making);
  return { body: given, sent: without(given), keeps: { secret: given.password, passwords: 1 } };
}

/** A primary that is made with its project. */
export function firstDatabase(making: Making): Made {
  if (making.chance.isLucky(0.3)) return { body: BLANK, sent: BLANK };
  return make(making, undefined);
}

export const databases: Kind = {
  ...USUAL,
  ...{ name: 'database', action: 'database', scope: 'databases', parent: 'project', most: 6 },
  listField: 'databases',
  collection: (_model, parent) => `/v1/projects/${parent?.id}/databases`,
  path: (_model, { id, parent }) => `/v1/projects/${parent?.id}/databases/${id}`,
  make,
  change,
};
