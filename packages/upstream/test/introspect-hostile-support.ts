/** Servers that log anybody in and answer the questions of an introspection with what a test has them say. */
import { readCatalog, takeSnapshot, type Catalog, type Snapshot } from '../src/index.ts';
import { MAX_CONNECTION_BYTES } from '../src/introspect/limits.ts';
import {
  afterBeginning,
  bytes,
  columns,
  COMPLETE,
  int16,
  message,
  READY,
  WELCOME,
  type Conversation,
} from './wire-fakes.ts';
import { targetOf } from './wire-hostile-support.ts';
import { connect } from './wire-support.ts';

/** Rows by the names of their columns, or what else is said then. */
type Said = readonly Readonly<Record<string, string | null>>[] | Buffer | { readonly endlessly: Buffer };

/** What a server says to the questions of an introspection, by what is asked for. Of what is left out there is none. */
export interface Answers {
  readonly begin?: Said;
  readonly schemas?: Said;
  readonly types?: Said;
  readonly relations?: Said;
  readonly columns?: Said;
  readonly constraints?: Said;
  readonly indexes?: Said;
  readonly definitions?: Said;
  readonly catalog?: Said;
}

/** How the questions are known: the first that fits. */
const QUESTIONS: readonly (readonly [keyof Answers, RegExp])[] = [
  ['begin', /begin transaction/],
  ['catalog', /'bytea'::regtype/],
  ['types', /pg_enum/],
  ['relations', /relrowsecurity/],
  ['columns', /pg_attrdef/],
  ['constraints', /pg_get_constraintdef/],
  ['indexes', /pg_get_indexdef/],
  ['definitions', /pg_get_viewdef/],
  ['schemas', /from pg_namespace n/],
];

const FACTS = [{ version: '16.4', number: '160004', block_size: '8192' }];

/** A row of values, of which some are null. */
export function rowOf(values: readonly (string | null)[]): Buffer {
  const parts = values.flatMap((value) => (value === null ? [-1] : [Buffer.byteLength(value), value]));
  return message('D', bytes(int16(values.length), ...parts));
}

/** The same again and again, in a piece that is worth sending. */
export function manyOf(row: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(65_536 / row.length) }, () => row));
}

async function pour({ socket }: Conversation, chunk: Buffer): Promise<void> {
  while (socket.writable) {
    const isFull = !socket.write(chunk);
    await new Promise<void>((resolve) => {
      if (isFull) socket.once('drain', resolve).once('close', resolve);
      else setImmediate(resolve);
    });
  }
}

async function say(conversation: Conversation, said: Said): Promise<void> {
  if (Buffer.isBuffer(said)) return conversation.say(said);
  if ('endlessly' in said) return await pour(conversation, said.endlessly);
  const [first] = said;
  const head = first === undefined ? [] : [columns(...Object.keys(first))];
  conversation.say(...head, ...said.map((row) => rowOf(Object.values(row))), COMPLETE, READY);
}

function answering(answers: Answers) {
  return afterBeginning(async (conversation) => {
    conversation.say(WELCOME);
    while (!conversation.socket.destroyed) {
      const asked = await conversation.hear();
      // A statement of the extended protocol has no name, and four more messages behind it.
      if (asked[0] === 0) for (let more = 0; more < 4; more += 1) await conversation.hear();
      const text = asked.toString();
      const [question] = QUESTIONS.find(([, pattern]) => pattern.test(text)) ?? [];
      const said = question === undefined ? [] : (answers[question] ?? (question === 'begin' ? FACTS : []));
      await say(conversation, said);
    }
  });
}

const PATIENCE_MS = 30_000;

async function read<T>(
  answers: Answers,
  reader: (...given: Parameters<typeof takeSnapshot>) => Promise<T>,
): Promise<T> {
  const connection = await connect(await targetOf(answering(answers)), { maxBytes: MAX_CONNECTION_BYTES });
  try {
    const since = performance.now() + PATIENCE_MS;
    return await reader(connection, { since, excludedSchemas: [] });
  } finally {
    await connection.close();
  }
}

/** Takes a snapshot of such a server. */
export async function snapshotOf(answers: Answers): Promise<Snapshot> {
  return await read(answers, takeSnapshot);
}

/** Reads the short form from such a server. */
export async function catalogOf(answers: Answers): Promise<Catalog> {
  return await read(answers, readCatalog);
}

/** Rows as a server that is well gives them, but for what a test says. */
export const honest = {
  schema: (over = {}) => ({ oid: '1', name: 'a', comment: null, ...over }),
  type: (over = {}) => ({
    ...{ schema: 'a', name: 't', kind: 'e', comment: null, labels: '["x"]', attributes: null },
    ...{ data_type: null, nullable: 't', expression: null, constraints: null },
    ...over,
  }),
  relation: (over = {}) => ({
    ...{ oid: '2', schema: 'a', name: 'r', kind: 'r', unlogged: 'f', columns: '1', rls: 'f' },
    ...{ rls_forced: 'f', comment: null, tuples: '1', pages: '1', all_pages: '1' },
    ...over,
  }),
  column: (over = {}) => ({
    ...{ relation: '2', name: 'c', data_type: 'integer', type_schema: 'pg_catalog', type_name: 'int4' },
    ...{ type_kind: 'b', is_array: 'f', nullable: 't', identity: '', generated: '', expression: null },
    ...{ comment: null, collation: null },
    ...over,
  }),
  constraint: (over = {}) => ({
    ...{
      relation: '2',
      name: 'k',
      kind: 'c',
      columns: '["c"]',
      definition: 'CHECK (c > 0)',
      deferrable: 'f',
    },
    ...{ deferred: 'f', validated: 't', referenced_schema: null, referenced_name: null },
    ...{ referenced_columns: null, on_update: ' ', on_delete: ' ', match: ' ' },
    ...over,
  }),
  index: (over = {}) => ({
    ...{ relation: '2', name: 'i', method: 'btree', definition: 'CREATE INDEX', is_unique: 'f' },
    ...{ is_primary: 'f', is_valid: 't', predicate: null },
    ...over,
  }),
  definition: (over = {}) => ({
    ...{ relation: '2', is_gone: 'f', definition: null, partition_key: null, partition_bound: null },
    ...{ parents: null },
    ...over,
  }),
  catalog: (over = {}) => ({
    ...{ oid: '2', schema: 'a', name: 'r', kind: 'r', column: 'c', data_type: 'integer', is_binary: 'f' },
    ...over,
  }),
};
