import { isIP } from 'node:net';
import { ConfigError } from './error.ts';

/** Who signs the tokens that are accepted. */
export interface AuthConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

/** The issuer that is trusted; undefined when the embedded identity service is to be it. */
export function readAuth(
  issuer: string | undefined,
  audience: string | undefined,
  jwksUrl: string | undefined,
): AuthConfig | undefined {
  if (issuer === undefined && audience === undefined && jwksUrl === undefined) return undefined;
  const all =
    'set AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL together, or none of them for the embedded identity';
  if (issuer === undefined) throw new ConfigError('AUTH_ISSUER', all);
  if (audience === undefined) throw new ConfigError('AUTH_AUDIENCE', all);
  if (jwksUrl === undefined) throw new ConfigError('AUTH_JWKS_URL', all);
  checkSecureUrl('AUTH_ISSUER', issuer);
  checkSecureUrl('AUTH_JWKS_URL', jwksUrl);
  return { issuer, audience, jwksUrl };
}

/** Keys that came in the clear could be anyone's; only this machine's own loopback is exempt. */
function checkSecureUrl(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return;
  throw new ConfigError(name, 'give an https URL (http is accepted for loopback addresses only)');
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}

/** Where in a token the organizations stand. */
export function readPointer(text: string): string {
  if (!/^(\/([^~/]|~[01])*)+$/.test(text))
    throw new ConfigError('AUTH_ORGS_CLAIM', 'give a JSON pointer (RFC 6901), such as /orgs');
  return text;
}
