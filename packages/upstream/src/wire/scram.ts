/** SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: RFC 5802, RFC 7677 and PostgreSQL manual, section 54.3. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { prepareForSasl } from './saslprep.ts';
import { violation, WireError } from './failure.ts';

const pbkdf2Async = promisify(pbkdf2);

const KEY_BYTES = 32;
const NONCE_BYTES = 18;

/**
 * PostgreSQL's default is 4,096 (scram_iterations), and nobody recommends more than this. A server may ask for
 * 2,147,483,647, which would take ten minutes.
 */
const MAX_ITERATIONS = 600_000;

/** As PostgreSQL writes it. An extension (`m=`) would have to be understood, and there is none. */
const SERVER_FIRST =
  /^r=([\x21-\x2b\x2d-\x7e]+),s=((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?),i=([1-9]\d{0,9})$/;

/**
 * What the client says about channel binding (RFC 5802, section 7): that it uses it, that it could but the server does
 * not, or that it cannot.
 */
export type ChannelBinding = { readonly data: Buffer } | 'unused' | 'impossible';

type Mechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';

/** One exchange. Its three steps are taken in order; each is given what the server said last. */
export class Scram {
  readonly mechanism: Mechanism;
  readonly #header: string;
  readonly #binding: Buffer;
  readonly #nonce = randomBytes(NONCE_BYTES).toString('base64');
  #serverSignature: Buffer | undefined;

  constructor(binding: ChannelBinding) {
    const isBound = typeof binding === 'object';
    this.mechanism = isBound ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    this.#header = isBound ? 'p=tls-server-end-point,,' : binding === 'unused' ? 'y,,' : 'n,,';
    this.#binding = Buffer.concat([Buffer.from(this.#header), ...(isBound ? [binding.data] : [])]);
  }

  /** The first message. PostgreSQL takes the name of the role from the startup packet, and none from here. */
  first(): string {
    return `${this.#header}${this.#firstBare()}`;
  }

  /**
   * The proof that the password is known.
   *
   * @throws WireError protocol_error, before anything is computed, for what no server of good will sends
   */
  async proof(serverFirst: string, password: string): Promise<string> {
    const [, nonce = '', salt = '', iterations = ''] = SERVER_FIRST.exec(serverFirst) ?? [];
    if (nonce === '') throw violation('its SCRAM message has not the form of one');
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw violation('its SCRAM nonce does not continue ours');
    }
    if (Number(iterations) > MAX_ITERATIONS) {
      throw violation(`it asks for ${iterations} SCRAM iterations; at most ${MAX_ITERATIONS} are computed`);
    }
    const withoutProof = `c=${this.#binding.toString('base64')},r=${nonce}`;
    const message = `${this.#firstBare()},${serverFirst},${withoutProof}`;
    const salted = await saltedPassword(password, Buffer.from(salt, 'base64'), Number(iterations));
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), message);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** @throws WireError server_not_verified for a server that does not know the password's verifier */
  verify(serverFinal: string): void {
    const [, signature = ''] = /^v=([A-Za-z0-9+/]+=*)$/.exec(serverFinal) ?? [];
    const given = Buffer.from(signature, 'base64');
    const expected = this.#serverSignature;
    if (expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected))
      return;
    throw new WireError(
      'server_not_verified',
      'The server let us in without proving that it knows the password itself.',
    );
  }

  #firstBare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

let lastDerivation: Promise<unknown> = Promise.resolve();

/** One at a time: the few threads that compute belong to everybody, and servers say how much is to be computed. */
async function saltedPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  const derivation = lastDerivation.then(
    async () => await pbkdf2Async(prepareForSasl(password), salt, iterations, KEY_BYTES, 'sha256'),
  );
  lastDerivation = derivation.catch(() => {});
  return await derivation;
}

function hmac(key: Buffer, message: string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}
