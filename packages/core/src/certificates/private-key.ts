import { createPrivateKey, sign, verify, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { MAX_CLIENT_RSA_BITS } from '@headgate/schema';
import type { CreateCertificate } from '@headgate/schema';
import { readPem, refuse } from './pem.ts';
import type { ReadCertificates } from './read-certificates.ts';

const FIELD = 'private_key';
/** PKCS #8 (RFC 5958), and what OpenSSL wrote before it (RFC 8017, appendix A.1.2; RFC 5915). */
const LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

/**
 * The private key of a client certificate, as PKCS #8 in PEM; undefined for authorities, which have none here. Nothing
 * of what was given is in what is thrown.
 *
 * @throws HeadgateError INVALID_INPUT when it is missing or out of place, is not one unencrypted key, is too long, is
 *   another certificate's or signs nothing that holds, or when TLS refuses the pair
 */
export async function readPrivateKey(
  { kind, private_key: text }: Pick<CreateCertificate, 'kind' | 'private_key'>,
  { certificates, pem }: Pick<ReadCertificates, 'certificates' | 'pem'>,
): Promise<string | undefined> {
  if (kind === 'ca') {
    if (text === undefined) return undefined;
    throw refuse(
      FIELD,
      'must be left out for a ca: the key of an authority is needed nowhere but where it signs. For a certificate of a client, send kind "client"',
    );
  }
  if (text === undefined)
    throw refuse(FIELD, 'is required: a client proves with it that the certificate is its own');
  const key = parse(text);
  checkLength(key);
  checkOwner(key, certificates);
  await checkSigning(key, certificates[0]);
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  checkUsable(pem, privateKey);
  return privateKey;
}

function parse(text: string): KeyObject {
  // openssl ecparam -genkey writes the parameters of the curve ahead of the key, which names the curve itself.
  const [block, ...others] = readPem(FIELD, text).filter(({ label }) => label !== 'EC PARAMETERS');
  if (block === undefined) throw refuse(FIELD, 'must hold a PRIVATE KEY block');
  if (others.length > 0) throw refuse(FIELD, 'must hold one PRIVATE KEY block and nothing else');
  const isEncrypted =
    block.label === 'ENCRYPTED PRIVATE KEY' || block.lines.some((line) => line.includes('ENCRYPTED'));
  if (isEncrypted) {
    throw refuse(
      FIELD,
      'must not be encrypted: nobody is here to give its passphrase. Decrypt it with openssl pkey -in file; it is sealed at rest',
    );
  }
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw refuse(FIELD, 'must be a key of TLS, and this is one of SSH');
  }
  if (!LABELS.includes(block.label)) {
    throw refuse(FIELD, `must hold a PRIVATE KEY block, and there is one of ${block.label}`);
  }
  const pem = [`-----BEGIN ${block.label}-----`, ...block.lines, `-----END ${block.label}-----`, ''].join(
    '\n',
  );
  try {
    return createPrivateKey(pem);
  } catch {
    throw refuse(FIELD, 'is damaged: the block is no private key. Copy the whole of it');
  }
}

function checkOwner(
  key: KeyObject,
  [own, ...issuers]: readonly [X509Certificate, ...X509Certificate[]],
): void {
  if (own.checkPrivateKey(key)) return;
  const owner = issuers.findIndex((each) => each.checkPrivateKey(key));
  throw refuse(
    FIELD,
    owner === -1
      ? 'must be the key of the first certificate, and is of none of them'
      : `must be the key of the first certificate, and is of block ${owner + 2}. Put that one first`,
  );
}

/** Whoever makes a connection signs with it, in the one thread that answers everybody: time grows with its cube. */
function checkLength({ asymmetricKeyDetails: { modulusLength = 0 } = {} }: KeyObject): void {
  if (modulusLength <= MAX_CLIENT_RSA_BITS) return;
  throw refuse(FIELD, `must have at most ${MAX_CLIENT_RSA_BITS} bits, and has ${modulusLength}`);
}

const signAsync = promisify(sign);
const verifyAsync = promisify(verify);
const SIGNED = Buffer.from('headgate');

/** That two halves name one another says nothing of the numbers in them: a key that was made up signs, and slowly. */
async function checkSigning(key: KeyObject, { publicKey }: X509Certificate): Promise<void> {
  const isEdwards = key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyType === 'ed448';
  const algorithm = isEdwards ? null : 'sha256';
  const holds = await signAsync(algorithm, SIGNED, key)
    .then(async (signature) => await verifyAsync(algorithm, SIGNED, publicKey, signature))
    .catch(() => false);
  if (!holds) throw refuse(FIELD, 'is damaged: what it signs does not hold. Copy the whole of it');
}

/** A key can be too short for TLS, or a signature too weak: that is told now, and not at the next connection. */
function checkUsable(certificate: string, privateKey: string): void {
  try {
    createSecureContext({ cert: certificate, key: privateKey });
  } catch (error) {
    // The last part of what OpenSSL says is the reason, from a list of its own.
    const reason = error instanceof Error ? error.message.split(':').at(-1) : undefined;
    throw refuse('certificate', `is refused by TLS with its key (${reason}). Have another one made`);
  }
}
