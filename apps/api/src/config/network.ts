import { isIP } from 'node:net';
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

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
