import type { FailureCode } from '../codes.ts';
import { hungUp, TlsFailure, WireError } from './failure.ts';

interface Verdict {
  readonly code: FailureCode;
  readonly message: string;
}

const UNKNOWN_CA: Verdict = {
  code: 'certificate_unknown_ca',
  message: "The server's certificate was issued by an authority that is not believed.",
};
const CLIENT_REFUSED: Verdict = {
  code: 'client_certificate_refused',
  message: 'The server does not accept the client certificate.',
};
const VERSION: Verdict = {
  code: 'tls_version',
  message: 'The server speaks no version of TLS from 1.2 on.',
};

/** By the names that OpenSSL has for what it finds in a certificate, and Node for the alerts that it is sent. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['CERT_HAS_EXPIRED', { code: 'certificate_expired', message: "The server's certificate has expired." }],
  [
    'CERT_NOT_YET_VALID',
    { code: 'certificate_not_yet_valid', message: "The server's certificate is not valid yet." },
  ],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    { code: 'certificate_self_signed', message: "The server's certificate is signed by itself." },
  ],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_CA],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_CA],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_CA],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_CA],
  ['CERT_UNTRUSTED', UNKNOWN_CA],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', VERSION],
  ['ERR_SSL_WRONG_SSL_VERSION', VERSION],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', VERSION],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    { code: 'client_certificate_required', message: 'The server asks for a client certificate.' },
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', CLIENT_REFUSED],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', CLIENT_REFUSED],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', CLIENT_REFUSED],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED', CLIENT_REFUSED],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', CLIENT_REFUSED],
  ['ERR_SSL_SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE', CLIENT_REFUSED],
  ['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR', CLIENT_REFUSED],
]);

/** Names what went wrong with an encrypted connection. */
export function tlsFailure(error: Error): WireError {
  if (error instanceof WireError) return error;
  const code = codeOf(error);
  const verdict = VERDICTS.get(code);
  if (verdict !== undefined) return new TlsFailure(verdict.code, verdict.message, error);
  if (isHangUp(code)) return hungUp(error);
  return new TlsFailure(
    'tls_failed',
    `No encrypted connection came about (${code || 'no reason given'}).`,
    error,
  );
}

/** Names what went wrong with a plain one. */
export function plainFailure(error: Error): WireError {
  return error instanceof WireError ? error : hungUp(error);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isHangUp(code: string): boolean {
  return ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'].includes(code);
}
