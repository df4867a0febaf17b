import type { Warning } from '@headgate/schema';
import { providerHints } from '@headgate/upstream';
import { isConfigured, providerOf, type DatabaseRow } from './row.ts';

/** How an upstream is encrypted and verified. */
type Tls = Pick<DatabaseRow, 'ssl_mode' | 'ca_certificate_id' | 'client_certificate_id'>;
type Server = Tls & Pick<DatabaseRow, 'provider' | 'host' | 'port' | 'username'>;

/** What the owner of a server should know of it, as far as that can be told without a connection. */
export function serverWarnings(server: Server): Warning[] {
  if (!isConfigured(server)) return [];
  const { host, port, username, ssl_mode: sslMode } = server;
  const hasCa = server.ca_certificate_id !== null;
  return [
    ...providerHints({ provider: providerOf(server), host, port, username, sslMode, hasCa }),
    ...tlsWarnings(server),
  ];
}

/** Settings of TLS that have no effect, or less than they seem to have. */
function tlsWarnings(tls: Tls): Warning[] {
  const isPlain = tls.ssl_mode === 'disable';
  const named = (['ca_certificate_id', 'client_certificate_id'] as const).filter(
    (name) => tls[name] !== null,
  );
  return [
    ...(isPlain ? named : []).map((name) => ({
      code: 'certificate_unused',
      message: `${name} has no effect while ssl_mode is disable. Choose verify-full to have it used.`,
    })),
    ...(tls.ssl_mode === 'verify-ca' && tls.ca_certificate_id === null
      ? [{ code: 'verify_ca_public_roots', message: VERIFY_CA_PUBLIC_ROOTS }]
      : []),
  ];
}

/** libpq refuses this combination (PostgreSQL manual, section 32.19.1, of sslrootcert=system). */
const VERIFY_CA_PUBLIC_ROOTS =
  'With ssl_mode verify-ca and no ca_certificate_id every public authority is believed, and the name of the host is not checked: whoever has a certificate for any name passes for the server. Choose verify-full, or name a CA certificate.';

/** A view with what is to be told beside it, where there is anything. */
export function withWarnings<V extends object>(
  view: V,
  warnings: readonly Warning[],
): V & { warnings?: Warning[] } {
  return { ...view, ...(warnings.length > 0 && { warnings: [...warnings] }) };
}
