import type { Question } from 'dns-packet';

export type RecordType = 'TXT' | 'CNAME' | 'A' | 'AAAA';
/** A TXT value may be in pieces. */
export type Values = readonly (string | readonly string[])[];

const TYPES: readonly RecordType[] = ['TXT', 'CNAME', 'A', 'AAAA'];

/** RFC 1035, section 4.1.1. */
export const RCODE = { none: 0, servfail: 2, nxdomain: 3, refused: 5 };
/** A chain of aliases that is longer is taken for a circle, as resolvers do. */
const MAX_ALIASES = 16;
const TTL_SECONDS = 1;

/** What each name has. */
export interface DnsRecords {
  /** Sets the values for the next question and for those after it; the last ones stay. */
  set(type: RecordType, host: string, answers: readonly Values[]): void;
  /** The records that answer a question: those of the aliases on the way, then those at the end. */
  lookUp(question: Question): { readonly answers: readonly object[]; readonly rcode: number };
}

/** No name has any. */
export function createDnsRecords(): DnsRecords {
  const records = new Map<string, Values[]>();

  function take(type: string, host: string): Values {
    const answers = records.get(keyOf(type, host)) ?? [];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
  }

  /** A name with no record of any type does not exist; one whose values were taken away exists without them. */
  function exists(host: string): boolean {
    return TYPES.some((type) => records.has(keyOf(type, host)));
  }

  return {
    set: (type, host, answers) => void records.set(keyOf(type, host), [...answers]),
    lookUp: ({ type, name }) => {
      const answers: object[] = [];
      let owner = name;
      const add = (of: string, values: Values) =>
        answers.push(...values.map((data) => ({ name: owner, type: of, ttl: TTL_SECONDS, data })));
      for (let aliases = 0; aliases < MAX_ALIASES; aliases += 1) {
        const values = take(type, owner);
        add(type, values);
        const [alias] = values.length > 0 || type === 'CNAME' ? [] : take('CNAME', owner);
        if (typeof alias !== 'string') return { answers, rcode: exists(owner) ? RCODE.none : RCODE.nxdomain };
        add('CNAME', [alias]);
        owner = alias;
      }
      return { answers: [], rcode: RCODE.servfail };
    },
  };
}

function keyOf(type: string, host: string): string {
  return `${type} ${host.toLowerCase()}`;
}
