import { isIP } from 'node:net';
import { cidrError } from '@headgate/schema';
import { ConfigError } from './error.ts';

/** The origins whose pages may call the API from a browser. */
export function readOrigins(text: string | undefined): string[] {
  const origins = text?.split(',').map((origin) => origin.trim()) ?? [];
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(
        'CORS_ORIGINS',
        'give a comma-separated list of origins, such as https://console.example.com',
      );
    }
  }
  return origins;
}

/** The load balancers whose X-Forwarded-For is believed, as addresses and CIDRs. */
export function readTrustedProxies(text: string | undefined): string[] {
  const ranges = text?.split(',').map((range) => range.trim()) ?? [];
  if (!ranges.every(isRange)) {
    throw new ConfigError(
      'TRUSTED_PROXIES',
      'give a comma-separated list of IP addresses and CIDRs, such as 10.0.0.0/8',
    );
  }
  return ranges;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** The ranges that upstreams may lie in although they are not public: who tries Headgate out has them on this machine. */
export function readUpstreamAllowedCidrs(text: string | undefined, isEmbedded: boolean): string[] {
  if (text === undefined) return isEmbedded ? LOOPBACK : [];
  const ranges = text.split(',').map((range) => range.trim());
  // Bits behind a prefix are refused: `10.1.2.3/8` would let in all of 10.0.0.0/8, and perhaps one address was meant.
  if (!ranges.every((range) => cidrError(range) === undefined)) {
    throw new ConfigError(
      'UPSTREAM_ALLOWED_CIDRS',
      'give a comma-separated list of IP addresses and CIDRs, with no bit set behind the prefix, such as 10.0.0.0/8',
    );
  }
  return ranges;
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
