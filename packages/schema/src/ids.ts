import { getType, typeidUnboxed, parseTypeId } from 'typeid-js';

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

/** Whether the text is a well-formed TypeID of this kind. */
export function isId<K extends IdKind>(prefix: K, text: string): text is Id<K> {
  try {
    const id = typeidUnboxed(prefix, text.slice(prefix.length + 1));
    return id === text && getType(id) === prefix;
  } catch {
    return false;
  }
}

/** The part of an id behind its prefix: 26 characters that may stand in a DNS label. */
export function idSuffix(id: Id<IdKind>): string {
  return parseTypeId(id as string as Parameters<typeof parseTypeId>[0]).suffix;
}
