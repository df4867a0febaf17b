import { isIP } from 'node:net';
import { z } from 'zod';

/** The shortest password that may be chosen; length is what resists guessing, so nothing else is demanded. */
export const PASSWORD_MIN_LENGTH = 10;
/** The longest password that is hashed; it bounds the work that a stranger can ask of scrypt. */
export const PASSWORD_MAX_LENGTH = 128;
/** The longest life of a token. Key rotation’s grace period must exceed it (see tokens.ts). */
export const TOKEN_TTL_MAX_SECONDS = 86_400;

const SECRET_MIN_LENGTH = 32;

/** Everything the service may be told from outside, checked and complete. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** The public origin: base of every URL and the `iss` of every token. */
  readonly url: string;
  readonly secret: string;
  readonly databaseUrl: string;
  readonly audience: string;
  readonly tokenTtlSeconds: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly migrateOnStart: boolean;
  readonly trustedOrigins: readonly string[];
  /** Addresses or ranges of reverse proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly signUp: 'open' | 'closed';
  readonly demo: { readonly email: string; readonly password: string } | null;
  /** A parent process owns this one: it must not outlive it. */
  readonly supervised: boolean;
}

/** A configuration that cannot be used. The message is one line, names the variable and the remedy, and holds no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** A value that fails any of the checks gets the one message that says what to write instead. */
const checked = (remedy: string, test: (value: string) => boolean) =>
  z.string().refine(test, { error: remedy });

const integer = (min: number, max: number) =>
  checked(`must be a whole number from ${min} to ${max}`, (value) => {
    return /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
  }).transform(Number);

const list = (remedy: string, test: (item: string) => boolean) =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine((items) => items.every(test), { error: remedy });

const required = (remedy: string, test: (value: string) => boolean) =>
  z.string({ error: `is required: ${remedy}` }).refine(test, { error: `is not usable: ${remedy}` });

const environment = z.object({
  HOST: checked('must be an address or host name to listen on, like 127.0.0.1', (v) =>
    /^[\w.:-]+$/.test(v),
  ).default('127.0.0.1'),
  IDENTITY_PORT: integer(1, 65_535).default(8788),
  IDENTITY_URL: checked(
    'must be an origin without path, like https://id.example.com; http is for loopback only',
    isPublicOrigin,
  )
    .transform((value) => new URL(value).origin)
    .optional(),
  IDENTITY_SECRET: required(
    `set it to at least ${SECRET_MIN_LENGTH} random characters, for example from "openssl rand -base64 48"`,
    (value) => value.length >= SECRET_MIN_LENGTH,
  ),
  DATABASE_URL: required('set it to postgresql://user:password@host:port/database', isPostgresUrl),
  AUTH_AUDIENCE: checked('must be 1 to 200 printable characters without spaces', (v) =>
    /^[\x21-\x7e]{1,200}$/.test(v),
  ).default('headgate'),
  TOKEN_TTL_SECONDS: integer(60, TOKEN_TTL_MAX_SECONDS).default(900),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  MIGRATE_ON_START: z.enum(['true', 'false'], { error: 'must be true or false' }).default('true'),
  IDENTITY_TRUSTED_ORIGINS: list(
    'must be origins separated by commas, like https://app.example.com',
    isPublicOrigin,
  ).default([]),
  IDENTITY_TRUSTED_PROXIES: list(
    'must be addresses or CIDR ranges separated by commas, like 10.0.0.0/24',
    isAddressRange,
  ).default([]),
  IDENTITY_SIGN_UP: z.enum(['open', 'closed'], { error: 'must be open or closed' }).default('open'),
  DEMO_EMAIL: z.email({ error: 'must be an e-mail address' }).optional(),
  DEMO_PASSWORD: checked(
    `must have ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`,
    (value) => value.length >= PASSWORD_MIN_LENGTH && value.length <= PASSWORD_MAX_LENGTH,
  ).optional(),
  HEADGATE_SUPERVISED: z.enum(['0', '1'], { error: 'must be 1 or absent' }).default('0'),
});

/**
 * Reads the configuration from environment variables. An empty variable counts as absent.
 *
 * @throws {ConfigError} when something is missing, malformed or half given.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${String(issue?.path[0])} ${issue?.message}`);
  }
  const vars = parsed.data;
  return {
    host: vars.HOST,
    port: vars.IDENTITY_PORT,
    url: vars.IDENTITY_URL ?? defaultUrl(vars.HOST, vars.IDENTITY_PORT),
    secret: vars.IDENTITY_SECRET,
    databaseUrl: vars.DATABASE_URL,
    audience: vars.AUTH_AUDIENCE,
    tokenTtlSeconds: vars.TOKEN_TTL_SECONDS,
    logLevel: vars.LOG_LEVEL,
    migrateOnStart: vars.MIGRATE_ON_START === 'true',
    trustedOrigins: vars.IDENTITY_TRUSTED_ORIGINS.map((origin) => new URL(origin).origin),
    trustedProxies: vars.IDENTITY_TRUSTED_PROXIES,
    signUp: vars.IDENTITY_SIGN_UP,
    demo: readDemo(vars.DEMO_EMAIL, vars.DEMO_PASSWORD),
    supervised: vars.HEADGATE_SUPERVISED === '1',
  };
}

/** A wildcard or public HOST has no address that others could use, so it needs an explicit IDENTITY_URL. */
function defaultUrl(host: string, port: number): string {
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  if (isPublicOrigin(url)) return new URL(url).origin;
  throw new ConfigError(
    'IDENTITY_URL is required because HOST is not loopback: set it to the public https origin',
  );
}

function readDemo(email: string | undefined, password: string | undefined): Config['demo'] {
  if (email !== undefined && password !== undefined) return { email: email.toLowerCase(), password };
  if (email === undefined && password === undefined) return null;
  const [missing, present] =
    email === undefined ? ['DEMO_EMAIL', 'DEMO_PASSWORD'] : ['DEMO_PASSWORD', 'DEMO_EMAIL'];
  throw new ConfigError(`${missing} is required because ${present} is set: set both or none`);
}

function isPublicOrigin(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/** There may be several hosts, each with a port (PostgreSQL manual, section 32.1.1.2), which no URL of the web has. */
function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\/[^/?#\s]/.test(value);
}

function isAddressRange(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
