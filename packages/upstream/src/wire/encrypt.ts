import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Admitted } from '../door/door.ts';
import type { SslMode, Target } from '../target.ts';
import { givenUp, Refusal, WireError } from './failure.ts';
import { isFor, namesOf } from './host-name.ts';
import { plainText } from './server-text.ts';
import { socketEvent } from './socket-event.ts';
import { tlsFailure } from './tls-failure.ts';

/** How long a list of a certificate's names is shown. */
const MAX_NAMES_CHARACTERS = 200;

/**
 * Key exchanges on elliptic curves alone, which every PostgreSQL offers (ssl_groups): in the others a server chooses the
 * numbers, and can have us compute with them for most of a second, in the one thread that answers everybody.
 */
const CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES';

/** In TLS 1.3 the ciphers do not say it. */
const GROUPS = 'X25519:P-256:P-384:P-521';

/** Who is to be at the other end. */
export interface Peer {
  readonly target: Target;
  readonly admitted: Admitted;
}

/**
 * Encrypts a connection to a server that agreed to it.
 *
 * @throws Refusal whatever is wrong with the server's certificate, or with the client's
 */
export async function encrypt(plain: Socket, peer: Peer, signal: AbortSignal): Promise<TLSSocket> {
  // The encrypted socket tells of what happens to the plain one; an 'error' that nobody hears ends the process.
  plain.on('error', () => {});
  let socket: TLSSocket | undefined;
  try {
    socket = connect({ ...tlsOptions(peer), socket: plain });
    await socketEvent(socket, 'secureConnect', signal);
    return socket;
  } catch (error) {
    socket?.on('error', () => {}).destroy();
    if (signal.aborted) throw givenUp(signal);
    const { code, message, cause } = tlsFailure(error as Error);
    throw new Refusal(code, message, cause);
  }
}

function tlsOptions({ target, admitted }: Peer): ConnectionOptions {
  const { sslMode, ca, clientCertificate } = target;
  const { serverName, peerName } = admitted;
  return {
    // RFC 6066, section 3: a literal address is no server name.
    ...(serverName !== undefined && { servername: serverName }),
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && {
      cert: clientCertificate.certificate,
      key: clientCertificate.privateKey,
    }),
    ALPNProtocols: ['postgresql'],
    // libpq's own default (ssl_min_protocol_version).
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    ecdhCurve: GROUPS,
    rejectUnauthorized: isChainVerified(sslMode, ca),
    checkServerIdentity: (_, { raw }) => {
      if (sslMode !== 'verify-full') return undefined;
      const certificate = new X509Certificate(raw);
      return isFor(certificate, peerName) ? undefined : nameMismatch(peerName, certificate);
    },
  };
}

/** libpq verifies the chain in every mode where it has an authority to verify it by, not only where the mode says so. */
function isChainVerified(sslMode: SslMode, ca: string | undefined): boolean {
  return ca !== undefined || sslMode === 'verify-ca' || sslMode === 'verify-full';
}

function nameMismatch(name: string, certificate: X509Certificate): WireError {
  const names = plainText(namesOf(certificate), MAX_NAMES_CHARACTERS);
  return new WireError(
    'certificate_name_mismatch',
    `The server's certificate is not for ${name}, but for: ${names}.`,
  );
}
