import { sleep, type Fetch, type RetryOptions, type Sleep } from './retry.ts';

/** Where Headgate is, who calls, and how patiently. */
export type HeadgateOptions = Credential & {
  /** The origin of the service, with the path that a proxy may have put in front of it. */
  readonly baseUrl: string;
  /** Takes the place of the global `fetch`: for a proxy, a trace, a test. */
  readonly fetch?: Fetch;
  /** How often a call is repeated at most, from 0 to 10; 5 unless given. */
  readonly maxRetries?: number;
  /** How long one try may take, in milliseconds; 30 s unless given. */
  readonly timeoutMs?: number;
  /** Takes the place of the wait between tries. It should reject with the signal's reason when that is aborted. */
  readonly sleep?: Sleep;
};

type Credential =
  | {
      /** A JSON Web Token, or a function that is asked for one before every call: tokens live for an hour or so. */
      readonly token: string | (() => string | Promise<string>);
      readonly apiKey?: never;
    }
  | {
      /** An API key: `hgo_…` of an organization, or `hgp_…` of a project. */
      readonly apiKey: string;
      readonly token?: never;
    };

interface Settings extends Omit<RetryOptions, 'streams'> {
  readonly baseUrl: string;
  /** The value of the Authorization header. */
  readonly authorization: () => Promise<string>;
}

const DEFAULT_MAX_RETRIES = 5;
/** With these, and waits that double, a call already takes longer than anyone waits for. */
const MAX_RETRIES = 10;
/** Twice what Headgate itself gives a request before it answers 503. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Timers count in 32 bits, and fire at once beyond. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws TypeError for options that cannot be; the message never quotes a token, a key or a URL with a password */
export function readOptions(options: HeadgateOptions): Settings {
  const { token, apiKey, maxRetries = DEFAULT_MAX_RETRIES, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if ((token === undefined) === (apiKey === undefined)) throw new TypeError('Give a token or an apiKey.');
  checkInteger('maxRetries', maxRetries, 0, MAX_RETRIES);
  checkInteger('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS);
  return {
    baseUrl: readBaseUrl(options.baseUrl),
    authorization: authorizationOf(token ?? apiKey),
    // A fetch of a browser works only when it is called as a function of nothing.
    fetch: options.fetch ?? (async (request) => await globalThis.fetch(request)),
    sleep: options.sleep ?? sleep,
    ...{ maxRetries, timeoutMs },
  };
}

function authorizationOf(credential: HeadgateOptions['token'] | string): () => Promise<string> {
  if (typeof credential === 'function') return async () => bearer(await credential());
  const value = bearer(credential);
  return async () => value;
}

/** Keys travel as tokens do. A value that no header takes is refused here: `fetch` would quote it in its error. */
function bearer(credential: unknown): string {
  if (typeof credential !== 'string' || !/^[\x21-\x7e]+$/.test(credential))
    throw new TypeError('The token or apiKey must be a text of printable ASCII characters without spaces.');
  return `Bearer ${credential}`;
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError('baseUrl must be a URL that starts with https:// or http://.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError('baseUrl must have neither credentials nor a query nor a fragment.');
  return url.href;
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new TypeError(`${name} must be a whole number from ${min} to ${max}.`);
}
