import { typeidUnboxed } from 'typeid-js';

/** The registry of id kinds: the prefix of a TypeID, and what it names. */
export const ID_KINDS = {
  prj: 'project',
  db: 'database',
  rep: 'replica',
  dom: 'custom domain',
  key: 'API key',
  aud: 'audit entry',
  slot: 'replication slot',
  cert: 'certificate',
  snap: 'schema snapshot',
} as const;

export type IdKind = keyof typeof ID_KINDS;

declare const kind: unique symbol;
/** A TypeID of one kind, such as `db_01h455vb4pex5vsknk084sn02q`; ids of two kinds do not mix. */
export type Id<K extends IdKind> = string & { readonly [kind]: K };

/** A new id of this kind; ids made later sort later, to the millisecond (UUIDv7). */
export function newId<K extends IdKind>(prefix: K): Id<K> {
  return typeidUnboxed(prefix) as string as Id<K>;
}

/** What follows the prefix: 128 bits in the base32 of Crockford, in lower case (TypeID specification 0.3). */
const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}';
const FORMS = new Map(Object.keys(ID_KINDS).map((prefix) => [prefix, new RegExp(`^${prefix}_${SUFFIX}$`)]));

/** Whether the text is a well-formed TypeID of this kind. */
export function isId<K extends IdKind>(prefix: K, text: string): text is Id<K> {
  return FORMS.get(prefix)?.test(text) === true;
}

/** The part of an id behind its prefix: 26 characters that may stand in a DNS label. */
export function idSuffix(id: Id<IdKind>): string {
  return id.slice(id.indexOf('_') + 1);
}
