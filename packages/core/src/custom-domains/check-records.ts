import { MAX_DNS_VALUES, MAX_DNS_VALUE_CHARS, type DnsCheck } from '@headgate/schema';
import type { Context } from '../context.ts';
import { elsewhere } from '../elsewhere.ts';
import { shorten } from '../errors.ts';
import { harmless } from '../harmless.ts';
import { comparable } from '../host-name.ts';
import { isApex } from './name.ts';
import type { DnsAnswer } from './resolver.ts';
import { dnsInstructions, type CustomDomainRow } from './row.ts';

/** Asks DNS for the two records of a domain, and holds each against what it has to be. */
export async function checkRecords(
  { dns, settings, whileElsewhere }: Pick<Context, 'dns' | 'settings' | 'whileElsewhere'>,
  row: CustomDomainRow,
): Promise<DnsCheck[]> {
  const records = dnsInstructions(row, settings);
  const txt = { record: 'TXT', host: records.txt_host, expected: records.txt_value } as const;
  const cname = { record: 'CNAME', host: records.cname_host, expected: records.cname_target } as const;
  const answers = await elsewhere(whileElsewhere, async () => await dns.ask([txt, cname]));
  return [
    check(txt, answers[0], (value) => value === txt.expected),
    check(cname, answers[1], (value) => comparable(value) === comparable(cname.expected)),
  ];
}

function check(
  asked: Pick<DnsCheck, 'record' | 'host' | 'expected'>,
  answer: DnsAnswer = { values: [] },
  isExpected: (value: string) => boolean,
): DnsCheck {
  if ('failure' in answer) return { ...asked, found: [], ok: false, error: answer.failure };
  // What is right stands first, so that it is seen however many others there are.
  const right = answer.values.filter(isExpected);
  const others = answer.values.filter((value) => !isExpected(value));
  const found = [...right, ...others]
    .slice(0, MAX_DNS_VALUES)
    .map((value) => harmless(value.slice(0, MAX_DNS_VALUE_CHARS)));
  return { ...asked, found, ok: right.length > 0 };
}

/** Whether DNS has said that a record is not right, and not only nothing. */
export function isDisproved(checks: readonly DnsCheck[]): boolean {
  return checks.some(({ ok, error }) => !ok && error === undefined);
}

const MAX_QUOTED_CHARS = 100;

/** What is wrong, in words that say what to do; undefined when nothing is. */
export function describeChecks(checks: readonly DnsCheck[], { name }: CustomDomainRow): string | undefined {
  const wrong = checks.filter(({ ok }) => !ok);
  if (wrong.length === 0) return undefined;
  const remedy = isDisproved(wrong)
    ? 'Set it, and verify again when the change can be seen in DNS.'
    : 'Nothing has changed; verify again later.';
  return [...wrong.map((each) => describe(each, name)), remedy].join(' ');
}

function describe({ record, host, expected, found: [first], error }: DnsCheck, name: string): string {
  if (error !== undefined) return `${error} (${record} ${host}).`;
  const quoted = first === undefined ? 'there is none' : `DNS has ${shorten(first, MAX_QUOTED_CHARS)}`;
  const text = `The ${record} record of ${host} is not right yet: it must be ${expected}, and ${quoted}.`;
  // RFC 1034, section 3.6.2: where there is a CNAME there is nothing else, and a zone begins with other records.
  return record === 'CNAME' && isApex(name)
    ? `${text} A name at which a zone begins usually cannot have one: add a name under it, such as db.${name}.`
    : text;
}
