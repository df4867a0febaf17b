/** The kinds of field that resources are made of. Each says in its error what would be accepted. */
import { z } from '@hono/zod-openapi';

type Issue = { readonly input?: unknown };
const orRequired = (message: string) => (issue: Issue) =>
  issue.input === undefined ? 'is required' : message;

/** C0 and C1 control characters, NUL among them: no name, host or password needs one, and a log line must not hold one. */
// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const ONE_LINE = /^[^\x00-\x1f\x7f-\x9f]*$/;
/** The same for prose, where tabs and line breaks are at home. */
// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const SEVERAL_LINES = /^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$/;

interface TextBounds {
  readonly min?: number;
  readonly max: number;
  /** Whether tabs and line breaks may stand in it. */
  readonly multiline?: boolean;
}

/** Characters as JSON Schema and PostgreSQL count them: code points, not UTF-16 units. */
function isLongerThan(max: number, value: string): boolean {
  return value.length > max && (value.length > 2 * max || Array.from(value).length > max);
}

/** Text of a bounded length in characters, without control characters and unpaired surrogates. */
export function text({ min = 0, max, multiline = false }: TextBounds): z.ZodString {
  const length = `must have ${min === 0 ? `at most ${max}` : `${min} to ${max}`} characters`;
  return z
    .string({ error: orRequired('must be a string') })
    .min(min, { error: length, abort: true })
    .refine((value) => !isLongerThan(max, value), { error: length, abort: true })
    .regex(multiline ? SEVERAL_LINES : ONE_LINE, { error: 'must not hold control characters', abort: true })
    .refine((value) => value.isWellFormed(), {
      error: 'must be well-formed Unicode, without unpaired surrogates',
    })
    .openapi({ ...(min > 0 && { minLength: min }), maxLength: max });
}

/**
 * PEM of a bounded length (RFC 7468), to be parsed by whoever takes it: only what was understood of it is kept, so that
 * nothing else has to be asked of the text here.
 */
export function pem(max: number): z.ZodString {
  const message = `must have 1 to ${max} characters`;
  return z
    .string({ error: orRequired('must be a string') })
    .min(1, { error: message })
    .max(max, { error: message });
}

/** A whole number within bounds, both included. Strings are not numbers. */
export function integer(min: number, max: number): z.ZodNumber {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .int({ error: orRequired(message) })
    .min(min, { error: message })
    .max(max, { error: message });
}

export function boolean(): z.ZodBoolean {
  return z.boolean({ error: orRequired('must be true or false') });
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  const listed = values.map((value) => JSON.stringify(value)).join(', ');
  return z.enum(values, { error: orRequired(`must be one of ${listed}`) });
}

/** A point in time in answers: RFC 3339, UTC. */
export function timestamp() {
  return z.iso.datetime().openapi({ format: 'date-time', example: '2026-11-21T08:30:00.000Z' });
}

/** RFC 3339, section 5.6, without leap seconds, which no clock here knows, and the year 0, which PostgreSQL has none of. */
const INSTANT = /^(?!0000)\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:[0-5]\d(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A point in time in requests: RFC 3339, with a zone, in the years that PostgreSQL and JavaScript write alike. */
export function instant(message = 'must be a time with a zone (RFC 3339), such as 2026-11-21T08:30:00Z') {
  const error = orRequired(message);
  return z
    .string({ error })
    .regex(INSTANT, { error, abort: true })
    .refine((value) => z.iso.datetime({ offset: true }).safeParse(value.toUpperCase()).success, {
      error,
      abort: true,
    })
    .refine((value) => isYear(new Date(value.toUpperCase()).getUTCFullYear()), { error })
    .openapi({ format: 'date-time', pattern: INSTANT.source, example: '2027-11-21T08:30:00Z' });
}

const isYear = (year: number) => year >= 1 && year <= 9999;

/** Whether an instant is finer than milliseconds, in which times are kept. */
export function isFinerThanMs(instant: string): boolean {
  const [, fraction = ''] = INSTANT.exec(instant) ?? [];
  return /[1-9]/.test(fraction.slice(3));
}

/** A list of at most so many. */
export function list<T extends z.ZodType>(item: T, max: number) {
  return z
    .array(item, { error: orRequired('must be a list') })
    .max(max, { error: `must have at most ${max} items` });
}

/** What clients send back of a resource that they have read; it is ignored. */
export const ignored = z
  .unknown()
  .optional()
  .openapi({ readOnly: true, description: 'Read-only; ignored in a request.' });

/** The body of a request: a field that it does not know is refused by name. */
export function body<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? undefined : orRequired('must be a JSON object')(issue),
  });
}
