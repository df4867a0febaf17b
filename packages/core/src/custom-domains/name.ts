import { createRequire } from 'node:module';
import { domainToASCII, domainToUnicode } from 'node:url';
import type * as Tldts from 'tldts';
import type { Settings } from '../context.ts';
import { invalidInput } from '../errors.ts';

/** A name as it is answered, and as DNS knows it: A-labels in lower case, by which two spellings are one. */
export interface DomainName {
  readonly domain: string;
  readonly name: string;
}

const require = createRequire(import.meta.url);

/** The list of public suffixes is some megabytes: it is loaded with the first name that is held against it. */
function registrable(name: string): string | null {
  const { parse } = require('tldts') as typeof Tldts;
  return parse(name, { allowPrivateDomains: true, extractHostname: false }).domain;
}

const MAX_LABEL_CHARS = 63;
/** A DNS name has at most 253 characters (RFC 1035, section 2.3.4), and the longest record to set has this in front. */
const ACME_PREFIX = '_acme-challenge.';
const MAX_NAME_CHARS = 253 - ACME_PREFIX.length;

/**
 * Names that the public DNS does not know: RFC 6761 and RFC 2606 (test, localhost, invalid, example), RFC 6762 (local),
 * RFC 7686 (onion), RFC 9476 (alt); and arpa, which belongs to the infrastructure (RFC 3172).
 */
const SPECIAL_USE = new Set(['test', 'localhost', 'invalid', 'example', 'local', 'onion', 'alt', 'arpa']);

/** A last label by which a whole name is taken for an IPv4 address, also in octal and hexadecimal (WHATWG URL, 3.5). */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/i;
// oxlint-disable-next-line no-control-regex -- what is not ASCII is what this finds
const NOT_ASCII = /[^\x00-\x7f]/;
const ASCII_NOT_IN_NAMES = /[\x21-\x2c\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\s]/;

/**
 * Reads a name that a project wants to be reached by. ASCII is answered to the letter; internationalized names become
 * A-labels (UTS 46, as browsers do it).
 *
 * @throws HeadgateError INVALID_INPUT for what cannot be verified in DNS, or is not one tenant's to have
 */
export function readDomainName(given: string, { proxyDomain }: Pick<Settings, 'proxyDomain'>): DomainName {
  checkForm(given);
  const name = domainToASCII(given);
  if (name === '') {
    throw refused(
      given.toLowerCase().includes('xn--')
        ? 'holds an A-label (xn--…) that is not one; give the name in its own script, or copy the A-label again'
        : 'holds a character that no domain name may hold; give a name such as db.example.com',
    );
  }
  // What is left out or mapped in other scripts may lay bare what was not there before.
  checkForm(name);
  checkLabels(name);
  checkOwnership(name, proxyDomain.toLowerCase());
  return { domain: NOT_ASCII.test(given) ? name : given, name };
}

/** Whether it is a registered name itself, whose zone begins there, and not a name within one. */
export function isApex(name: string): boolean {
  return registrable(name) === name;
}

function refused(message: string) {
  return invalidInput([{ field: 'domain', message }]);
}

/** What is not a domain name at all, told by its looks, so that the error can say what it is instead. */
function checkForm(text: string): void {
  if (text.startsWith('[') || /^[^.]*:[^.]*:/.test(text) || NUMBER.test(text.split('.').at(-1) ?? ''))
    throw refused('must be a domain name, not an IP address');
  if (text.includes('*')) throw refused('must not be a wildcard; add each name by itself');
  if (text.includes('_')) throw refused('must not hold an underscore; give the name that clients connect to');
  if (ASCII_NOT_IN_NAMES.test(text))
    throw refused(
      'must be a domain name alone, such as db.example.com, without scheme, port, path or spaces',
    );
  if (text.endsWith('.')) throw refused('must not end with a dot; leave the last one out');
}

function checkLabels(name: string): void {
  const labels = name.split('.');
  if (labels.includes('')) throw refused('must not have an empty label: one dot stands between two labels');
  if (labels.some((label) => label.length > MAX_LABEL_CHARS))
    throw refused(`must have at most ${MAX_LABEL_CHARS} characters in each label, in the form xn--… too`);
  if (name.length > MAX_NAME_CHARS)
    throw refused(
      `must have at most ${MAX_NAME_CHARS} characters, in the form xn--… too, so that ${ACME_PREFIX}<domain> is still a DNS name`,
    );
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-')))
    throw refused('must not have a label that begins or ends with a hyphen');
  if (!/^[a-z0-9.-]+$/.test(name) || domainToASCII(domainToUnicode(name)) !== name)
    throw refused(
      'holds an A-label (xn--…) that does not stand for its name; give the name in its own script',
    );
}

function checkOwnership(name: string, proxyDomain: string): void {
  if (name === proxyDomain || name.endsWith(`.${proxyDomain}`))
    throw refused(
      `must not be ${proxyDomain} or a name under it, which Headgate gives out itself; give a name of your own`,
    );
  const last = name.split('.').at(-1) ?? '';
  if (SPECIAL_USE.has(last))
    throw refused(
      `must be a name of the public DNS, and names under .${last} are not (RFC 6761); give one that you have registered`,
    );
  if (!name.includes('.')) throw refused('must have at least two labels, such as db.example.com');
  const domain = registrable(name);
  if (domain === null)
    throw refused(
      'must not be a public suffix, under which others register names (publicsuffix.org); give a name below it',
    );
}
