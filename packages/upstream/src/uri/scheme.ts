import { URI_FORM, UriError } from './uri-error.ts';

const SCHEMES = ['postgresql://', 'postgres://'];
const MUST_BEGIN = 'must begin with postgresql:// or postgres://';

/** What people paste in place of a URI, told by how it begins, and what to write instead. */
const MISTAKEN: readonly { readonly begin: RegExp; readonly message: string }[] = [
  {
    begin: /^jdbc:/i,
    message: `${MUST_BEGIN}, not jdbc:postgresql://; user and password stand before the host, as in ${URI_FORM}`,
  },
  {
    begin: /^postgres(?:ql)?\+/i,
    message: `${MUST_BEGIN}, not postgresql+driver://; leave out the + and the name of the driver`,
  },
  {
    begin: /^prisma(?:\+postgres)?:/i,
    message: `${MUST_BEGIN}, not prisma://, which leads to a service of Prisma; give the URI of the database behind it`,
  },
  {
    begin: /^postgres(?:ql)?:\/\//i,
    message: `${MUST_BEGIN}, in lower case`,
  },
  {
    begin: /^postgres(?:ql)?:/i,
    message: `${MUST_BEGIN}, with both slashes`,
  },
  {
    begin: /^(?:psql|["'])/i,
    message: `${MUST_BEGIN}; leave out the command and the quotes around the URI`,
  },
  {
    // `host=… dbname=…`, and `DATABASE_URL=postgresql://…` out of a file of settings.
    begin: /^[a-z_]+ *=/i,
    message: `${MUST_BEGIN}; key=value is not read, neither as libpq's other form nor with a variable's name in front; write ${URI_FORM}`,
  },
];

/**
 * What stands behind the scheme.
 *
 * @throws UriError for a scheme that libpq does not know (PostgreSQL manual, section 32.1.1.2)
 */
export function withoutScheme(text: string): string {
  const scheme = SCHEMES.find((known) => text.startsWith(known));
  if (scheme !== undefined) return text.slice(scheme.length);
  const mistaken = MISTAKEN.find(({ begin }) => begin.test(text));
  throw new UriError('scheme', mistaken?.message ?? `${MUST_BEGIN}, as in ${URI_FORM}`);
}
