import type { Schema } from '../contract/schema.ts';
import { breakBody, writeBody, type BodyFault, type Broken } from './body-faults.ts';
import type { Case, Wanted } from './case.ts';
import type { Making, Path } from './making.ts';
import { toSent, type RequestParts } from './request.ts';

/** Whether a body is wrong is for the contract to say: what was made odd may be right. */
export function spoilBody(
  making: Making,
  parts: RequestParts,
  fault: BodyFault,
): Pick<Case, 'request' | 'wanted' | 'body'> | undefined {
  const { body } = parts.operation;
  if (body === undefined || parts.body === undefined) return undefined;
  const broken = breakBody({ chance: making.chance, schema: body.schema }, fault, parts.body);
  if (broken === undefined) return undefined;
  const text = writeBody(broken.body);
  const read: unknown = JSON.parse(text);
  const isWrong =
    body.validate(read) !== undefined || !(isIgnored(body.schema, broken.path) || isWellFormed(text));
  return { request: toSent(parts, { body: text }), body: read, wanted: wantedOf(broken, isWrong) };
}

/** Of what is too deep it may be told that it is, and not where; and it may be passed over where nothing is looked at. */
function wantedOf({ field, value, isTooDeep = false }: Broken, isWrong: boolean): Wanted {
  if (isWrong) return { kind: 'refused', fields: isTooDeep ? [field, 'body'] : [field] };
  return isTooDeep ? { kind: 'open' } : { kind: 'accepted', odd: { field, value } };
}

/** JSON Schema says nothing of halves of surrogate pairs, and JSON that is exchanged has none (RFC 7493, section 2.1). */
function isWellFormed(json: string): boolean {
  return !/\\ud[89a-f][0-9a-f]{2}/.test(json);
}

/** What was read and is sent back is not looked at. */
function isIgnored({ properties = {} }: Schema, [first]: Path): boolean {
  return typeof first === 'string' && properties[first]?.readOnly === true;
}
