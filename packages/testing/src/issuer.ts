import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import type { TestClock } from './clock.ts';

export const TEST_AUDIENCE = 'headgate';
const TOKEN_TTL_SECONDS = 900;

/** What a slow issuer takes to answer: long for whoever waits for it, and less than anyone waits. */
const SLOW_MS = 2_000;

/**
 * How the issuer answers: as it should, with an error, with what is no JWKS, with one that has no keys, late, or not at
 * all until it is woken.
 */
export type IssuerMood = 'well' | 'failing' | 'nonsense' | 'empty' | 'slow' | 'silent';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** What a test may say of a token; the rest is as it should be. */
export interface TokenOptions {
  readonly subject?: string;
  /** Null for a token without the claim. */
  readonly organizations?: readonly object[] | null;
  readonly issuer?: string;
  readonly audience?: string;
  /** Null for a token that never expires. */
  readonly expiresInSeconds?: number | null;
  readonly notBeforeInSeconds?: number;
  readonly kid?: string;
}

/** A real issuer of tokens over HTTP, whose keys, clock and outages the test controls. */
export interface TestIssuer {
  readonly url: string;
  readonly jwksUrl: string;
  /** How often the JWKS was asked for. */
  readonly requests: () => number;
  readonly token: (options?: TokenOptions) => Promise<string>;
  /** The public key that signs now: what an attacker can know. */
  readonly publicJwk: () => JWK;
  /** A new key signs from now on; the old one stays in the JWKS when it is kept. */
  readonly rotate: (options?: { keepOld: boolean }) => Promise<void>;
  readonly setMood: (mood: IssuerMood) => void;
  readonly close: () => Promise<void>;
}

/** Starts an issuer on a free port of the loopback address. */
export async function startTestIssuer(
  clock: Pick<TestClock, 'now'> = { now: () => new Date() },
): Promise<TestIssuer> {
  let keys: [SigningKey, ...SigningKey[]] = [await newKey()];
  let mood: IssuerMood = 'well';
  let requests = 0;
  const waiting = new Set<ServerResponse>();

  const server = createServer((_request, response) => {
    requests += 1;
    if (mood === 'silent') {
      waiting.add(response);
      return;
    }
    const published = mood === 'empty' ? [] : keys.map((key) => key.publicJwk);
    const body = mood === 'nonsense' ? '<html>' : JSON.stringify({ keys: published });
    const status = mood === 'failing' ? 500 : 200;
    const answer = () => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    if (mood === 'slow') setTimeout(answer, SLOW_MS).unref();
    else answer();
  });
  const url = await listen(server);

  return {
    url,
    jwksUrl: `${url}/jwks`,
    requests: () => requests,
    token: async (options = {}) => await sign(keys[0], url, clock, options),
    publicJwk: () => keys[0].publicJwk,
    rotate: async ({ keepOld } = { keepOld: true }) => {
      keys = [await newKey(), ...(keepOld ? keys : [])];
    },
    setMood: (next) => {
      mood = next;
    },
    close: async () => {
      for (const response of waiting) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function newKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = crypto.randomUUID();
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

async function sign(
  key: SigningKey,
  url: string,
  clock: Pick<TestClock, 'now'>,
  options: TokenOptions,
): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000);
  const {
    notBeforeInSeconds: notBefore,
    expiresInSeconds: expires = TOKEN_TTL_SECONDS,
    organizations = [],
  } = options;
  const jwt = new SignJWT(organizations === null ? {} : { orgs: organizations })
    .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? key.kid })
    .setSubject(options.subject ?? 'user_test')
    .setIssuer(options.issuer ?? url)
    .setAudience(options.audience ?? TEST_AUDIENCE)
    .setIssuedAt(now);
  if (expires !== null) jwt.setExpirationTime(now + expires);
  if (notBefore !== undefined) jwt.setNotBefore(now + notBefore);
  return await jwt.sign(key.privateKey);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
