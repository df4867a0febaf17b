import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * Whether a certificate is for this host, by libpq's rules (PostgreSQL manual, section 32.19.1): a name is held against
 * the dNSNames, and against the common name where there are none of these; a wildcard is the whole leftmost label and
 * stands for one label. An address is held against the iPAddresses, and against the common name where there are none;
 * a dNSName that spells the address counts too.
 *
 * In one thing OpenSSL is stricter than libpq: a wildcard for a whole top-level domain (`*.com`) matches nothing.
 */
export function isFor(certificate: X509Certificate, host: string): boolean {
  const options = { partialWildcards: false, multiLabelWildcards: false } as const;
  if (isIP(host) === 0) return certificate.checkHost(host, { ...options, subject: 'default' }) !== undefined;
  if (certificate.checkIP(host) !== undefined) return true;
  const subject = hasAddress(certificate) ? 'never' : 'always';
  return certificate.checkHost(host, { ...options, wildcards: false, subject }) !== undefined;
}

/** The names that a certificate is for, to a person. Whoever made it wrote them: they are not fit to be shown as they are. */
export function namesOf({ subject, subjectAltName }: X509Certificate): string {
  return subjectAltName ?? /^CN=(.*)$/m.exec(subject)?.[1] ?? 'nobody';
}

/** A dNSName that looks like an address here makes the common name count for less, never for more. */
function hasAddress({ subjectAltName }: X509Certificate): boolean {
  return subjectAltName?.includes('IP Address:') === true;
}
