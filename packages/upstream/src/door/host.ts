import { domainToASCII } from 'node:url';
import { UpstreamError } from '../error.ts';
import { parseLiteral } from './address.ts';

/** What a host is: one of these. */
interface Host {
  /** In its one form. */
  readonly address?: string;
  /** As DNS and certificates know it. */
  readonly name?: string;
}

/**
 * Reads what a customer wrote for a host: an address in any of its spellings, or a name in any of its.
 *
 * @throws UpstreamError `name_not_found` for what can be neither
 */
export function readHost(host: string): Host {
  const written = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (written.includes('%'))
    throw notFound('The host holds a %. A zone id means something on one machine only.');
  const literal = parseLiteral(written);
  if (literal !== undefined) return { address: literal.toString() };
  const name = nameOf(written);
  // What the mapping of international names made of it may be an address after all, as with digits of full width.
  const mapped = parseLiteral(name);
  if (mapped !== undefined) return { address: mapped.toString() };
  if (ENDS_IN_NUMBER.test(name)) throw notFound('The host is no address, although it ends in a number.');
  return { name };
}

/** Letters of host names, with the underscore that DNS allows and names of services have. */
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const MAX_NAME_CHARS = 253;
/** No top-level domain is a number, and hosts that end in one are addresses or nothing (WHATWG URL, section 3.5). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
/** What ends a host in a URL or is decoded there, which is how the mapping reads it. */
const NOT_IN_NAMES = /[%/?#@:\\[\]\s]/;

/** Mapped to ASCII (UTS #46), in lower case, without the dot that says that it is complete. */
function nameOf(host: string): string {
  const isASCII = /^[\0-\x7f]*$/.test(host);
  const ascii = isASCII || NOT_IN_NAMES.test(host) ? host.toLowerCase() : domainToASCII(host);
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (!NAME.test(name) || name.length > MAX_NAME_CHARS) throw notFound('The host is no name that can exist.');
  return name;
}

/** A host that leads nowhere. */
export function notFound(message: string): UpstreamError {
  return new UpstreamError({ step: 'name', code: 'name_not_found', message });
}
