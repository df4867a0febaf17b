/** What Headgate sees of the world in the fuzz: one customer's server, and a resolver that knows no name. All of it is on loopback. */
import { createAuthority } from '@headgate/testing/certificates';
import { startTestDns } from '@headgate/testing/dns';
import { startUpstream } from '@headgate/testing/upstream';
import type { Evidence } from '../evidence.ts';
import { PUBLICATIONS, type Login } from './generate/names.ts';
import type { Surroundings } from './scene.ts';

export interface World extends Surroundings {
  /** What the program is told of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Every tenant has a slot, and registers others for a moment. */
const SETTINGS = { max_replication_slots: '200', max_wal_senders: '20', max_connections: '200' };

export async function surround(evidence: Evidence): Promise<World> {
  const [upstream, dns] = await Promise.all([startUpstream({ settings: SETTINGS }), startTestDns()]);
  const [login, otherLogin] = ['fuzz', 'other'].map((username) => ({
    username,
    password: evidence.secret(),
  })) as [Login, Login];
  const sql = upstream.sql();
  // A publication of all tables is for superusers.
  for (const { username, password } of [login, otherLogin])
    await sql.unsafe(`create role ${username} superuser login password '${password}'`);
  await sql.unsafe(`create table ${PUBLICATIONS.table} (id bigint primary key, note text)`);
  await sql.unsafe(`create publication ${PUBLICATIONS.all} for all tables`);
  await sql.unsafe(`create publication ${PUBLICATIONS.one} for table ${PUBLICATIONS.table}`);
  const authority = await createAuthority('Fuzz');
  const clientCertificate = await authority.issue({ name: 'fuzz' });
  // Of a key in PEM it is the lines that would be found.
  for (const line of clientCertificate.key.split('\n').filter((each) => each !== '' && !each.startsWith('-')))
    evidence.know(line);
  return {
    live: {
      host: upstream.host,
      port: upstream.port,
      name: upstream.database,
      ...login,
      ssl_mode: 'disable',
    },
    otherLogin,
    ...{ authority: authority.certificate, clientCertificate, evidence },
    env: { UPSTREAM_ALLOWED_CIDRS: '127.0.0.0/8', DNS_SERVERS: dns.address },
    close: async () => {
      await upstream.stop();
      await dns.close();
    },
  };
}
