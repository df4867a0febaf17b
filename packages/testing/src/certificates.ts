/** Certificates as servers and clients have them, and the authorities behind them, made on the spot. */
// oxlint-disable-next-line import/no-unassigned-import -- the library takes itself together by this
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
  type X509Certificate,
} from '@peculiar/x509';

export interface TestCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM (PKCS #8). */
  readonly key: string;
}

interface IssueOptions {
  /** The common name: for a client's certificate, the role that it is for. */
  readonly name: string;
  /** The dNSNames and iPAddresses that it is for; none when left out. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** From a day ago to a year ahead when left out. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** What kind of key it is for; EC when left out. */
  readonly keyType?: 'EC' | 'RSA';
}

export interface TestAuthority {
  /** PEM: what is registered to believe it. */
  readonly certificate: string;
  /** A certificate for a server or a client. */
  readonly issue: (options: IssueOptions) => Promise<TestCertificate>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const YEAR_MS = 365 * DAY_MS;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA_ALGORITHM = {
  ...{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-256' },
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

/** Makes an authority that signs by itself. */
export async function createAuthority(name = 'Test authority'): Promise<TestAuthority> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common({ name }),
    name: `CN=${name}`,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    issue: async (options) => {
      const own = await makeKeys(options.keyType);
      const issued = await X509CertificateGenerator.create({
        ...common(options),
        subject: `CN=${options.name}`,
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: extensionsOf(options),
      });
      return await toPem(issued, own);
    },
  };
}

/** A certificate that nobody but its own holder vouches for. */
export async function issueSelfSigned(options: IssueOptions): Promise<TestCertificate> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...common(options),
    name: `CN=${options.name}`,
    keys,
    extensions: extensionsOf(options),
  });
  return await toPem(certificate, keys);
}

function common({ notBefore, notAfter }: IssueOptions) {
  return {
    notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: notAfter ?? new Date(Date.now() + YEAR_MS),
    signingAlgorithm: KEY_ALGORITHM,
  };
}

function extensionsOf({ dnsNames = [], ipAddresses = [] }: IssueOptions): Extension[] {
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
}

async function makeKeys(type: 'EC' | 'RSA' = 'EC'): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = type === 'EC' ? KEY_ALGORITHM : RSA_ALGORITHM;
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function toPem(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<TestCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
