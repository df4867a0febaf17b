/** What the fields of one object have to do with each other: which are given together, and what they are then. */
import type { Chance } from '../../chance.ts';
import type { Schema } from '../contract/schema.ts';
import type { Making } from './making.ts';
import { PUBLICATIONS } from './names.ts';

type Fields = Readonly<Record<string, unknown>>;

const CONNECTION = ['host', 'port', 'name', 'username', 'password'] as const;
const SIZES = ['min_pool_size', 'pool_size', 'max_active'] as const;

/** How many optional fields are given. */
const OPTIONAL_SHARE = 0.35;
/** What comes back from a client that sends all that it has read. */
const READ_ONLY_SHARE = 0.1;
/** Registering slots with a database takes a server that answers, and its time. */
const SLOTS_SHARE = 0.04;

/** The fields of an object that are to be given. */
export function chooseFields({ chance, operationId }: Making, schema: Schema): string[] {
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties).filter(
    (name) => required.includes(name) || chance.isLucky(shareOf(name, properties[name])),
  );
  const has = (...all: string[]) => all.every((name) => Object.hasOwn(properties, name));
  if (has('url', 'host')) return withOneConnection(chance, names, isChange(operationId));
  if (has(...SIZES) && SIZES.some((size) => names.includes(size))) return [...new Set([...names, ...SIZES])];
  // A slot is what it was verified as.
  if (operationId === 'updateReplicationSlot')
    return names.filter((name) => !['slot_name', 'publication_name', 'primary'].includes(name));
  if (has('slot_name', 'tables')) return [...names.filter((name) => name !== 'primary'), 'create_if_missing'];
  return names;
}

function shareOf(name: string, schema: Schema | undefined): number {
  if (schema?.readOnly === true) return READ_ONLY_SHARE;
  return name === 'replication_slots' ? SLOTS_SHARE : OPTIONAL_SHARE;
}

/** Where a database is stands in `url` or in the other fields; a new one needs one or the other, whole. */
function withOneConnection(chance: Chance, names: readonly string[], isChangeOnly: boolean): string[] {
  const others = names.filter((name) => name !== 'url' && !(CONNECTION as readonly string[]).includes(name));
  if (names.includes('replication_slots')) return [...others, ...CONNECTION];
  if (names.includes('url') && chance.isLucky(0.5)) return [...others, 'url'];
  return isChangeOnly ? names.filter((name) => name !== 'url') : [...others, ...CONNECTION];
}

function isChange(operationId: string): boolean {
  return operationId.startsWith('update') || operationId === 'testDatabaseConnection';
}

/** An object whose values go together. */
export function adjust(making: Making, fields: Fields): Fields {
  const { names } = making;
  const has = (name: string) => fields[name] !== undefined;
  if (has('max_active')) return pooled(fields);
  if (has('certificate')) return certified(making, fields);
  if (has('scopes') && has('project_id')) return scoped(fields);
  if (has('publication_name') && has('create_if_missing'))
    return {
      ...fields,
      create_if_missing: true,
      publication_name: has('tables') ? PUBLICATIONS.one : PUBLICATIONS.all,
    };
  if (making.operationId === 'rotateDatabaseCredentials') return { ...fields, ...names.otherLogin };
  // What is registered there is looked at there.
  if (has('replication_slots')) {
    const { ca_certificate_id: _ca, client_certificate_id: _client, ...others } = fields;
    return { ...others, ...names.live };
  }
  return fields;
}

/** `min_pool_size` <= `pool_size` <= `max_active`; where the last is zero it makes room for the others. */
function pooled(fields: Fields): Fields {
  const [least, size, most] = SIZES.map((name) => Number(fields[name]));
  const [low, middle, high] = [least, size, most]
    .map((each) => Math.max(1, each ?? 1))
    .toSorted((a, b) => a - b);
  return { ...fields, min_pool_size: low, pool_size: middle, max_active: most === 0 ? 0 : high };
}

function certified({ names }: Making, fields: Fields): Fields {
  const { private_key: _key, ...others } = fields;
  const { certificate, key } = names.clientCertificate;
  return others['kind'] === 'ca'
    ? { ...others, certificate: names.authority }
    : { ...others, certificate, private_key: key };
}

/** A key of one project makes no keys. */
function scoped(fields: Fields): Fields {
  const scopes = (fields['scopes'] as string[]).filter((scope) => !scope.startsWith('keys:'));
  return { ...fields, scopes: scopes.length === 0 ? ['projects:read'] : scopes };
}
