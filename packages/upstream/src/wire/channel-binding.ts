import { createHash, type X509Certificate } from 'node:crypto';

/** The hash functions of signatures, by what OpenSSL calls the algorithms. */
const HASHES: ReadonlyMap<string, string> = new Map([
  // MD5 and SHA-1 are too weak here, and SHA-256 stands in for them.
  ['md5WithRSAEncryption', 'sha256'],
  ['sha1WithRSAEncryption', 'sha256'],
  ['ecdsa-with-SHA1', 'sha256'],
  ['sha224WithRSAEncryption', 'sha224'],
  ['sha256WithRSAEncryption', 'sha256'],
  ['sha384WithRSAEncryption', 'sha384'],
  ['sha512WithRSAEncryption', 'sha512'],
  ['ecdsa-with-SHA224', 'sha224'],
  ['ecdsa-with-SHA256', 'sha256'],
  ['ecdsa-with-SHA384', 'sha384'],
  ['ecdsa-with-SHA512', 'sha512'],
]);

/**
 * The server's certificate, hashed by the function of its own signature (tls-server-end-point: RFC 5929, section 4.1).
 * Undefined where the signature has no such function (Ed25519, which RFC 5929 leaves open) or does not name it (PSS).
 */
export function serverEndPoint(certificate: X509Certificate): Buffer | undefined {
  const hash = HASHES.get(certificate.signatureAlgorithm ?? '');
  return hash === undefined ? undefined : createHash(hash).update(certificate.raw).digest();
}
