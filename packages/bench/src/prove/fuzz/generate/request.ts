/** A request in its parts, before it is written out. */
import type { Operation } from '../contract/contract.ts';
import type { Sent } from '../send/connection.ts';
import type { Making } from './making.ts';
import { idFor } from './names.ts';
import { makeValue } from './values.ts';

export type Header = readonly [name: string, value: string];

export interface RequestParts {
  readonly operation: Operation;
  readonly method: string;
  /** Percent-encoded already. */
  readonly path: Readonly<Record<string, string>>;
  /** Percent-encoded already, names and values; a value of undefined is a name without `=`. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  readonly headers: readonly Header[];
  /** Undefined where none is sent. */
  readonly body: unknown;
}

const OPTIONAL_SHARE = 0.3;

/** A request that the contract allows, with the credential in `credential`. */
export function makeRequest(
  making: Making,
  operation: Operation,
  { credential, needsBody }: { readonly credential: Header; readonly needsBody: boolean },
): RequestParts {
  const { chance, names } = making;
  const of = (place: string) => operation.parameters.filter((parameter) => parameter.in === place);
  const query = of('query').filter(({ isRequired }) => isRequired || chance.isLucky(OPTIONAL_SHARE));
  const { body } = operation;
  const hasBody = body !== undefined && (needsBody || body.isRequired || chance.isLucky(0.7));
  return {
    ...{ operation, method: operation.method },
    path: Object.fromEntries(
      of('path').map(({ name }) => [name, encodeURIComponent(idFor(operation.id, name, names))]),
    ),
    query: query.map(({ name, schema }) => [
      name,
      encodeURIComponent(String(makeValue(making, schema, [name]))),
    ]),
    headers: [
      ...(operation.isSecured ? [credential] : []),
      ...(hasBody ? ([['Content-Type', 'application/json']] as const) : []),
    ],
    body: hasBody ? makeValue(making, body.schema, []) : undefined,
  };
}

/** The request as it is sent. */
export function toSent(parts: RequestParts, over: Partial<Sent> = {}): Sent {
  const { method, headers, body } = parts;
  return {
    ...{ method, target: targetOf(parts), headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...over,
  };
}

export function targetOf({
  operation,
  path,
  query,
}: Pick<RequestParts, 'operation' | 'path' | 'query'>): string {
  const at = operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => path[name] ?? '');
  if (query.length === 0) return at;
  return `${at}?${query.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).join('&')}`;
}

/** Whether an answer would show a password, which no reader may keep. */
export function showsPassword(target: string): boolean {
  return new URL(target, 'http://localhost').searchParams.get('show_sensitive') === 'true';
}

/** The headers with another one in place of those of its name. */
export function withHeader(headers: readonly Header[], name: string, ...values: string[]): Header[] {
  const others = headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return [...others, ...values.map((value) => [name, value] as const)];
}
