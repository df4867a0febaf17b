import ipaddr from 'ipaddr.js';

/** Who runs a server. The contract has the same list. */
export type Provider =
  | 'postgresql'
  | 'supabase'
  | 'neon'
  | 'aws'
  | 'gcp'
  | 'azure'
  | 'digitalocean'
  | 'local';

/** Domains that providers give their customers' servers names in, and nobody else can. */
const DOMAINS: readonly (readonly [domain: string, provider: Provider])[] = [
  ['supabase.co', 'supabase'],
  ['pooler.supabase.com', 'supabase'],
  ['neon.tech', 'neon'],
  ['rds.amazonaws.com', 'aws'],
  ['rds.cn-north-1.amazonaws.com.cn', 'aws'],
  ['rds.cn-northwest-1.amazonaws.com.cn', 'aws'],
  ['sql.goog', 'gcp'],
  ['sql-psa.goog', 'gcp'],
  ['sql-psc.goog', 'gcp'],
  ['alloydb.goog', 'gcp'],
  ['postgres.database.azure.com', 'azure'],
  ['postgres.database.chinacloudapi.cn', 'azure'],
  ['postgres.database.usgovcloudapi.net', 'azure'],
  ['postgres.cosmos.azure.com', 'azure'],
  ['db.ondigitalocean.com', 'digitalocean'],
  ['localhost', 'local'],
];

/** Tells by its name who runs a server: `postgresql` where the name does not say it. */
export function detectProvider(host: string): Provider {
  const name = normalized(host);
  if (rangeOf(name) === 'loopback') return 'local';
  return DOMAINS.find(([domain]) => isWithin(name, domain))?.[1] ?? 'postgresql';
}

/** As names are compared: in lower case and without the dot of the root. */
export function normalized(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** Whether it is this domain or a name in it, both normalized. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/** Every address has a colon, or a last part that begins with a digit; hardly a name does. */
const LIKE_AN_ADDRESS = /:|(?:^|\.)\d[\da-fx]*$/;

/**
 * The range of addresses that a normalized host lies in by itself; undefined for a name. The library throws for one and
 * catches it again, which took a twelfth of the time of a read: what cannot be an address is told apart before.
 */
export function rangeOf(host: string): ReturnType<ipaddr.IPv4['range'] | ipaddr.IPv6['range']> | undefined {
  return LIKE_AN_ADDRESS.test(host) && ipaddr.isValid(host) ? ipaddr.process(host).range() : undefined;
}

/** Supabase keeps its own services in these schemas of its customers' databases. */
const SUPABASE_SCHEMAS: readonly string[] = [
  'auth',
  'storage',
  'realtime',
  'extensions',
  'vault',
  'pgsodium',
  'graphql',
  'graphql_public',
];

/** The schemas that introspection leaves out where the owner of a database says nothing about it. */
export function defaultExcludedSchemas(provider: Provider): readonly string[] {
  return provider === 'supabase' ? SUPABASE_SCHEMAS : [];
}
