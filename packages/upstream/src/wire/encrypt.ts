import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { SslMode, Target } from '../target.ts';
import { givenUp, Refusal, WireError } from './failure.ts';
import { isFor, namesOf } from './host-name.ts';
import { plainText } from './server-text.ts';
import { socketEvent } from './socket-event.ts';
import { tlsFailure } from './tls-failure.ts';

/** How long a list of a certificate's names is shown. */
const MAX_NAMES_CHARACTERS = 200;

/**
 * Encrypts a connection to a server that agreed to it.
 *
 * @throws Refusal whatever is wrong with the server's certificate, or with the client's
 */
export async function encrypt(plain: Socket, target: Target, signal: AbortSignal): Promise<TLSSocket> {
  // The encrypted socket tells of what happens to the plain one; an 'error' that nobody hears ends the process.
  plain.on('error', () => {});
  let socket: TLSSocket | undefined;
  try {
    socket = connect({ ...tlsOptions(target), socket: plain });
    await socketEvent(socket, 'secureConnect', signal);
    return socket;
  } catch (error) {
    socket?.on('error', () => {}).destroy();
    if (signal.aborted) throw givenUp(signal);
    const { code, message, cause } = tlsFailure(error as Error);
    throw new Refusal(code, message, cause);
  }
}

function tlsOptions({ host, sslMode, ca, clientCertificate }: Target): ConnectionOptions {
  const name = nameOf(host);
  return {
    // RFC 6066, section 3: a literal address is no server name.
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && {
      cert: clientCertificate.certificate,
      key: clientCertificate.privateKey,
    }),
    ALPNProtocols: ['postgresql'],
    // libpq's own default (ssl_min_protocol_version).
    minVersion: 'TLSv1.2',
    rejectUnauthorized: isChainVerified(sslMode, ca),
    checkServerIdentity: (_, { raw }) => {
      if (sslMode !== 'verify-full') return undefined;
      const certificate = new X509Certificate(raw);
      return isFor(certificate, name) ? undefined : nameMismatch(name, certificate);
    },
  };
}

/** libpq verifies the chain in every mode where it has an authority to verify it by, not only where the mode says so. */
function isChainVerified(sslMode: SslMode, ca: string | undefined): boolean {
  return ca !== undefined || sslMode === 'verify-ca' || sslMode === 'verify-full';
}

/** Without the dot at the end that makes a name absolute: certificates are written without. */
function nameOf(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

function nameMismatch(name: string, certificate: X509Certificate): WireError {
  const names = plainText(namesOf(certificate), MAX_NAMES_CHARACTERS);
  return new WireError(
    'certificate_name_mismatch',
    `The server's certificate is not for ${name}, but for: ${names}.`,
  );
}
