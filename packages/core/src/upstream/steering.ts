import { SSL_MODES } from '@headgate/schema';
import type { DatabaseRow } from '../databases/row.ts';
import { comparable } from '../host-name.ts';

/** Where a password is sent, and how well it is kept on the way. */
export type Destination = Pick<DatabaseRow, 'host' | 'port' | 'ssl_mode' | 'ca_certificate_id'>;

/**
 * What would lead a stored password elsewhere than where it was stored for: another host or port, weaker TLS, or other
 * authorities to believe. Whoever may change a database but not read its password could otherwise have it sent to a
 * server of their own.
 */
export function steeredBy(from: Destination, to: Destination): string[] {
  return [
    ...(comparable(from.host) === comparable(to.host) ? [] : ['host']),
    ...(from.port === to.port ? [] : ['port']),
    ...(strength(to) < strength(from) ? ['ssl_mode'] : []),
    ...(from.ca_certificate_id === to.ca_certificate_id ? [] : ['ca_certificate_id']),
  ];
}

function strength({ ssl_mode: mode }: Destination): number {
  return SSL_MODES.indexOf(mode);
}
