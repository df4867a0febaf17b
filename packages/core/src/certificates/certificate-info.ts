import type { X509Certificate } from 'node:crypto';
import { MAX_DISTINGUISHED_NAME_CHARS, type CertificateInfo } from '@headgate/schema';
import { shorten } from '../errors.ts';
import { harmless } from '../harmless.ts';

/** What one certificate says, in words that may be shown. */
export function certificateInfo(certificate: X509Certificate): CertificateInfo {
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    serial_number: certificate.serialNumber,
    not_before: certificate.validFromDate.toISOString(),
    not_after: certificate.validToDate.toISOString(),
    fingerprint_sha256: certificate.fingerprint256,
    is_ca: certificate.ca,
  };
}

/** Node.js gives a name part by part, each escaped as RFC 4514 wants it; that writes the last part first. */
function distinguishedName(lines: string | undefined): string {
  const text = (lines ?? '').split('\n').toReversed().join(',');
  return shorten(harmless(text), MAX_DISTINGUISHED_NAME_CHARS);
}
