import { z } from '@hono/zod-openapi';
import { integer, list, oneOf, text } from '../fields.ts';
import {
  MAX_CONNECTION_URI_CHARS,
  MAX_DATABASE_NAME_CHARS,
  MAX_EXCLUDED_SCHEMAS,
  MAX_ID_CHARS,
  MAX_PASSWORD_CHARS,
  MAX_PORT,
  MAX_SCHEMA_NAME_BYTES,
  MAX_USERNAME_CHARS,
  MIN_PORT,
} from '../limits.ts';
import { secret } from '../secrets.ts';
import { host } from './host.ts';

/** As libpq means them (PostgreSQL manual, section 32.19.1), the weakest first. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export const DEFAULT_SSL_MODE = 'verify-full';

export const SslMode = oneOf(SSL_MODES).openapi('SSLMode', {
  description: 'How the connection to the upstream is encrypted and verified, exactly as libpq means it.',
});
/** The same in a change. */
export const SslModeChange = oneOf([...SSL_MODES, '']).openapi({
  description: 'An SSLMode; `""` changes nothing.',
});

/** Where a database is and whom to be there. */
export const connection = {
  host: host(),
  port: integer(MIN_PORT, MAX_PORT).openapi({ example: 5432 }),
  name: text({ min: 1, max: MAX_DATABASE_NAME_CHARS }).openapi({
    description: "The database's name on the upstream.",
    example: 'mydb',
  }),
  username: text({ min: 1, max: MAX_USERNAME_CHARS }).openapi({ example: 'myuser' }),
  password: secret('password', text({ min: 1, max: MAX_PASSWORD_CHARS })).openapi({
    description: 'Sealed at rest, and shown to nobody who does not ask for it and may see it.',
    example: 'pa$$word',
  }),
};

/** A connection as a whole, however it was given. */
export const Connection = z.object(connection);
export type Connection = z.infer<typeof Connection>;

type ConnectionField = keyof Connection;
export const CONNECTION_FIELDS = Object.keys(connection) as [ConnectionField, ...ConnectionField[]];

/** All of it in one line. */
export const url = secret('url', text({ min: 1, max: MAX_CONNECTION_URI_CHARS })).openapi({
  description:
    'A connection URI, in place of host, port, name, username and password: `postgresql://user:password@host:port/database?sslmode=verify-full`. It is never stored or shown: only what it says is, and its password is sealed.',
  example: 'postgresql://myuser:pa%24%24word@db.example.com:5432/mydb',
});

const certificateId = (what: string) =>
  text({ max: MAX_ID_CHARS }).openapi({ description: what, example: 'cert_01h455vb4pex5vsknk084sn02s' });

/** The certificates that an upstream is reached with. */
export const certificates = {
  ca_certificate_id: certificateId(
    'The certificate of the project with the authorities that are believed in place of the public ones; `""` means none.',
  ),
  client_certificate_id: certificateId(
    'The certificate of the project, with its key, that is shown to a server that asks for one; `""` means none.',
  ),
};

/** The name of a schema, as long as PostgreSQL takes them. */
export const SchemaName = text({ min: 1, max: MAX_SCHEMA_NAME_BYTES }).refine(
  (value) => new TextEncoder().encode(value).byteLength <= MAX_SCHEMA_NAME_BYTES,
  { error: `must have at most ${MAX_SCHEMA_NAME_BYTES} bytes` },
);
export const ExcludedSchemas = list(SchemaName, MAX_EXCLUDED_SCHEMAS).openapi({
  description:
    'The schemas that introspection passes over. Unset, those that the provider keeps for itself; an empty list excludes nothing.',
  example: ['audit'],
});

/** What `checkConnection` says of a change, as JSON Schema: `url` stands in the place of every other field. */
export const ONE_WAY = {
  not: { required: ['url'], anyOf: CONNECTION_FIELDS.map((field) => ({ required: [field] })) },
};
/** The same of a new database, which needs one or the other. */
export const ONE_WAY_AND_WHOLE = {
  ...ONE_WAY,
  oneOf: [{ required: CONNECTION_FIELDS }, { required: ['url'] }],
};

type Given = Readonly<Partial<Record<ConnectionField | 'url', unknown>>>;

/**
 * Holds a request to one way of saying where its database is: `url`, or the fields, all of which a new one needs. To be
 * asked whatever else is wrong, so that all of it is told at once, and in the order of the fields.
 */
export function checkConnection(isNew: boolean) {
  return (given: Given, ctx: z.core.$RefinementCtx): void => {
    const byUrl = given.url !== undefined;
    const wrong = CONNECTION_FIELDS.filter((field) =>
      byUrl ? given[field] !== undefined : isNew && given[field] === undefined,
    );
    const message = byUrl ? 'must be left out, since url says it' : 'is required';
    for (const field of wrong) ctx.addIssue({ code: 'custom', path: [field], message });
    ctx.issues.sort((a, b) => orderOf(a.path?.[0]) - orderOf(b.path?.[0]));
  };
}

function orderOf(field: PropertyKey | undefined): number {
  const index = CONNECTION_FIELDS.findIndex((each) => each === field);
  return index === -1 ? CONNECTION_FIELDS.length : index;
}

/** For `checkConnection`: in whatever can have fields. */
export const IN_ANY_OBJECT = {
  when: ({ value }: { readonly value: unknown }) =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
};
