import { X509Certificate } from 'node:crypto';
import { scheduler } from 'node:timers/promises';
import {
  MAX_CERTIFICATES_IN_BUNDLE,
  MAX_AUTHORITY_RSA_BITS,
  MAX_CERTIFICATE_PEM_CHARS,
  type CertificateInfo,
  type CreateCertificate,
} from '@headgate/schema';
import { certificateInfo } from './certificate-info.ts';
import { readPem, refuse, type PemBlock } from './pem.ts';

const FIELD = 'certificate';
/** Parsing takes about a third of a millisecond each; in between others have their turn. */
const PARSED_AT_A_TIME = 20;

/** Certificates as they were understood, in the order in which they were given. */
export interface ReadCertificates {
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** All of them, written anew: nothing of the given text is in it that is not theirs. */
  readonly pem: string;
  readonly chain: readonly CertificateInfo[];
  /** When the first of them expires. */
  readonly notAfter: Date;
}

/**
 * Reads the certificates of a bundle, or of a client and its issuers. Opens no file and asks nobody.
 *
 * @throws HeadgateError INVALID_INPUT when it is not PEM, holds something else or one certificate twice, when one of
 *   the authorities is none, or when what is there has expired by `now`
 */
export async function readCertificates(
  { kind, certificate: text }: Pick<CreateCertificate, 'kind' | 'certificate'>,
  now: Date,
): Promise<ReadCertificates> {
  const blocks = readPem(FIELD, text);
  checkBlocks(blocks);
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    if (index % PARSED_AT_A_TIME === PARSED_AT_A_TIME - 1) await scheduler.yield();
    const certificate = parse(block, index + 1);
    checkPublicKey(certificate, index + 1);
    certificates.push(certificate);
  }
  const [first, ...others] = certificates;
  if (first === undefined) throw new Error('PEM without a block was read');
  checkDuplicates(certificates);
  if (kind === 'ca') checkAuthorities(certificates, now);
  else checkClient(first, now);
  const pem = certificates.map(String).join('');
  if (pem.length > MAX_CERTIFICATE_PEM_CHARS) {
    throw refuse(FIELD, `must have at most ${MAX_CERTIFICATE_PEM_CHARS} characters in lines of 64`);
  }
  const earliest = Math.min(...certificates.map(({ validToDate }) => validToDate.getTime()));
  return {
    certificates: [first, ...others],
    pem,
    chain: certificates.map(certificateInfo),
    notAfter: new Date(earliest),
  };
}

function checkBlocks(blocks: readonly PemBlock[]): void {
  if (blocks.some(({ label }) => label.endsWith('PRIVATE KEY'))) {
    throw refuse(
      FIELD,
      'must hold certificates only, and there is a private key in it. Nothing of it was kept; send the key of a client as private_key, and the key of an authority nowhere',
    );
  }
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (other !== undefined) {
    throw refuse(FIELD, `must hold CERTIFICATE blocks only, and there is a block of ${other.label}`);
  }
  if (blocks.length > MAX_CERTIFICATES_IN_BUNDLE) {
    throw refuse(FIELD, `must hold at most ${MAX_CERTIFICATES_IN_BUNDLE} certificates`);
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function parse({ lines }: PemBlock, number: number): X509Certificate {
  const damaged = () =>
    refuse(FIELD, `is damaged: block ${number} is no X.509 certificate. Copy the whole of it`);
  const base64 = lines.join('').replaceAll(/[ \t]/g, '');
  if (!BASE64.test(base64)) throw damaged();
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    // What cannot be told as a time cannot be kept as one.
    if (Number.isNaN(certificate.validToDate.getTime() + certificate.validFromDate.getTime()))
      throw damaged();
    return certificate;
  } catch {
    throw damaged();
  }
}

/** RFC 8017 lets a public exponent be as long as the modulus. Ones longer than this are met nowhere and take long. */
const MAX_RSA_EXPONENT = 2n ** 32n;

/** Signatures are verified with it in the one thread that answers everybody. */
function checkPublicKey(certificate: X509Certificate, number: number): void {
  const { modulusLength = 0, publicExponent = 0n } = publicKeyDetails(certificate);
  if (modulusLength <= MAX_AUTHORITY_RSA_BITS && publicExponent <= MAX_RSA_EXPONENT) return;
  throw refuse(
    FIELD,
    `must have RSA keys of at most ${MAX_AUTHORITY_RSA_BITS} bits with a usual exponent, and block ${number} has another`,
  );
}

function publicKeyDetails(certificate: X509Certificate) {
  try {
    return certificate.publicKey.asymmetricKeyDetails ?? {};
  } catch {
    // Its key is of a kind that is not known here, and nothing will be verified with it.
    return {};
  }
}

function checkDuplicates(certificates: readonly X509Certificate[]): void {
  const seen = new Map<string, number>();
  for (const [index, { fingerprint256 }] of certificates.entries()) {
    const before = seen.get(fingerprint256);
    if (before !== undefined) {
      throw refuse(
        FIELD,
        `must hold each certificate once, and block ${index + 1} is block ${before} again. Leave it out`,
      );
    }
    seen.set(fingerprint256, index + 1);
  }
}

const isExpired = ({ validToDate }: X509Certificate, now: Date) => validToDate <= now;

/**
 * What vouches for servers is an authority (RFC 5280, section 4.2.1.9), or a certificate that has signed itself and is
 * trusted as it is: so servers are reached whose certificate nobody else has signed, and TLS libraries take it.
 */
function checkAuthorities(certificates: readonly X509Certificate[], now: Date): void {
  const other = certificates.findIndex((each) => !each.ca && !isSelfSigned(each));
  if (other !== -1) {
    throw refuse(
      FIELD,
      `must hold authorities, and block ${other + 1} is a certificate that another one has signed and that may sign none. Send the certificate of the authority that has signed the server's`,
    );
  }
  if (certificates.every((each) => isExpired(each, now))) {
    throw refuse(
      FIELD,
      `must hold an authority that has not expired; ${certificates.length === 1 ? 'this one has' : 'all of these have'}. Ask whoever runs the server for its successor`,
    );
  }
}

function isSelfSigned(certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
  } catch {
    // Its key is of a kind that is not known here.
    return false;
  }
}

function checkClient(own: X509Certificate, now: Date): void {
  if (!isExpired(own, now)) return;
  throw refuse(
    FIELD,
    `must not have expired: every server refuses it since ${own.validToDate.toISOString()}. Have it renewed`,
  );
}
