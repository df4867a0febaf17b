import { z } from '@hono/zod-openapi';
import { text } from '../fields.ts';
import { MAX_HOST_CHARS } from '../limits.ts';

const IPV6 = z.ipv6();
/** What can only come from a pasted URI, an address with a port, a list of hosts or a socket path. */
const NOT_IN_A_HOST = /[\s/@?#[\],%:\\"'<>]/u;

/** The same as a pattern; that what has colons is an IPv6 address is more than a pattern says. */
const FORM = String.raw`^(?:[^\x00-\x1f\x7f-\x9f\s/@?#\[\],%:\\"'<>]+|[0-9A-Fa-f:.]+)$`;

/**
 * An upstream's host: a DNS name, an IPv4 address, or an IPv6 address without brackets. Only its form is judged
 * here; whether it may be dialled is decided on the addresses that it resolves to.
 */
export function host(): z.ZodString {
  return text({ min: 1, max: MAX_HOST_CHARS })
    .refine((value) => !NOT_IN_A_HOST.test(value) || IPV6.safeParse(value).success, {
      error: 'must be one host name or IP address, without scheme, port, path, brackets or spaces',
    })
    .openapi({ pattern: FORM, example: 'db.example.com' });
}
