/** Requests, each made from a number alone and the same again for the same seed. */
import { createChance, type Chance } from '../../chance.ts';
import type { Contract, Operation } from '../contract/contract.ts';
import { BODY_FAULTS, type BodyFault } from './body-faults.ts';
import type { Case } from './case.ts';
import { HEADER_FAULTS, spoilHeaders, type HeaderFault } from './header-faults.ts';
import type { Making } from './making.ts';
import { METHOD_FAULTS, spoilMethod, type MethodFault } from './method-faults.ts';
import type { Names } from './names.ts';
import { PATH_FAULTS, spoilPath, type PathFault } from './path-faults.ts';
import { QUERY_FAULTS, spoilQuery, type QueryFault } from './query-faults.ts';
import { makeRequest, toSent, type Header, type RequestParts } from './request.ts';
import { spoilBody } from './spoil-body.ts';
import { TEXT_FAULTS, spoilText, type TextFault } from './text-faults.ts';

/** What is sent as it should be; the rest of the kinds say where something is the matter, and what. */
const VALID = 'valid';

const kindsOf = (place: string, faults: object) => Object.keys(faults).map((name) => `${place}: ${name}`);
const ALWAYS = [VALID, VALID, ...kindsOf('header', HEADER_FAULTS), ...kindsOf('method', METHOD_FAULTS)];
const OF_BODY = [VALID, VALID, ...kindsOf('body', BODY_FAULTS), ...kindsOf('text', TEXT_FAULTS)];
/** Where most of a body is, most of what can be wrong is. */
const BODY_REPEATS = 3;
const OF_PATH = kindsOf('path', PATH_FAULTS);
const OF_QUERY = kindsOf('query', QUERY_FAULTS);

/** What is generated for an operation in one round. */
export function kindsFor({ body, parameters }: Operation): string[] {
  const has = (place: string) => parameters.some((parameter) => parameter.in === place);
  return [
    ...ALWAYS,
    ...(body === undefined ? [] : Array.from({ length: BODY_REPEATS }, () => OF_BODY).flat()),
    ...(has('path') ? OF_PATH : []),
    ...(has('query') ? [...OF_QUERY, ...OF_QUERY] : []),
  ];
}

interface Draft {
  readonly operation: Operation;
  readonly kind: string;
}

export interface Generator {
  /** How many requests a round has: every kind for every operation. */
  readonly roundLength: number;
  /**
   * The request of this number.
   *
   * @returns undefined where an operation has nothing that could be wrong so
   */
  readonly make: (number: number, given: Given) => Case | undefined;
}

interface Given {
  readonly names: Names;
  readonly credential: Header;
}

export function createGenerator(contract: Contract, seed: number): Generator {
  const drafts = contract.operations.flatMap((operation) =>
    kindsFor(operation).map((kind): Draft => ({ operation, kind })),
  );
  const rounds = new Map<number, readonly Draft[]>();
  const roundOf = (round: number): readonly Draft[] => {
    const known = rounds.get(round) ?? shuffled(createChance(mixed(seed, -1 - round)), drafts);
    rounds.set(round, known);
    // What is under way spans two rounds at most.
    rounds.delete(round - 2);
    return known;
  };
  return {
    roundLength: drafts.length,
    make: (number, { names, credential }) => {
      const draft = roundOf(Math.floor(number / drafts.length))[number % drafts.length];
      if (draft === undefined) throw new RangeError(`there is no request ${number}`);
      const chance = createChance(mixed(seed, number));
      const making = { chance, names, operationId: draft.operation.id };
      return makeCase({ making, draft, contract, credential });
    },
  };
}

interface Drafted {
  readonly making: Making;
  readonly draft: Draft;
  readonly contract: Contract;
  readonly credential: Header;
}

function makeCase({ making, draft: { operation, kind }, contract, credential }: Drafted): Case | undefined {
  const [place, fault = ''] = kind.split(': ');
  const parts = makeRequest(making, operation, {
    credential,
    needsBody: place === 'body' || place === 'text',
  });
  const spoilt = spoil({ place, fault, making, parts, contract });
  if (spoilt === undefined) return undefined;
  const { isElsewhere = false, ...rest } = spoilt;
  return { operation: isElsewhere ? undefined : operation, kind, ...rest };
}

interface Spoiling {
  readonly place: string | undefined;
  readonly fault: string;
  readonly making: Making;
  readonly parts: RequestParts;
  readonly contract: Contract;
}

type Spoilt = Pick<Case, 'request' | 'wanted' | 'body'> & { readonly isElsewhere?: boolean };

function spoil({ place, fault, making, parts, contract }: Spoiling): Spoilt | undefined {
  switch (place) {
    case VALID:
      return { request: toSent(parts), wanted: { kind: 'accepted' }, body: parts.body };
    case 'body':
      return spoilBody(making, parts, fault as BodyFault);
    case 'text':
      return spoilText(making.chance, parts, fault as TextFault);
    case 'path':
      return spoilPath(making, parts, fault as PathFault);
    case 'query':
      return spoilQuery(making, parts, fault as QueryFault);
    case 'header':
      return spoilHeaders(making, parts, fault as HeaderFault);
    default:
      return spoilMethod(making, { parts, contract }, fault as MethodFault);
  }
}

function shuffled<T>(chance: Chance, list: readonly T[]): T[] {
  const result = [...list];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = chance.below(at + 1);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}

/** Two numbers as one, so that neighbours have nothing in common. */
function mixed(seed: number, number: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
}
