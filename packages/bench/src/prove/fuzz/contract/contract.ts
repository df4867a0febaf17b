/** What openapi.yaml says, and nothing else: the fuzz knows Headgate's own schemas as little as a customer does. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { closed, dereference, type Schema } from './schema.ts';
import { createValidators, type Validate } from './validators.ts';

const OPENAPI = new URL('../../../../../../openapi.yaml', import.meta.url);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly isRequired: boolean;
  readonly schema: Schema;
  readonly validate: Validate;
}

/** One answer that an operation declares. */
export interface DeclaredAnswer {
  readonly headers: Readonly<Record<string, Validate>>;
  /** By media type; empty for an answer without a body. */
  readonly content: Readonly<Record<string, Validate>>;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly isSecured: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: {
    readonly isRequired: boolean;
    readonly schema: Schema;
    readonly validate: Validate;
  };
  readonly answers: Readonly<Record<number, DeclaredAnswer>>;
  /** What a success answers, as a schema: the form in which a resource is read. */
  readonly view?: Schema;
}

export interface Contract {
  readonly operations: readonly Operation[];
  /** Finds an operation by its id. @throws Error when there is none */
  readonly operation: (id: string) => Operation;
  /** Of the envelope, for what no operation answers. */
  readonly validateError: Validate;
  /** The status that each code travels with. */
  readonly statusOfCode: (code: string) => number | undefined;
}

interface RawParameter {
  readonly name: string;
  readonly in: Parameter['in'];
  readonly required?: boolean;
  readonly schema: Schema;
}
interface RawAnswer {
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly content?: Readonly<
    Record<string, { readonly schema: Schema; readonly examples?: Readonly<Record<string, unknown>> }>
  >;
}
interface RawOperation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly RawParameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: RawAnswer['content'] };
  readonly responses: Readonly<Record<string, RawAnswer>>;
}
interface RawDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, RawAnswer>>;
  };
}

/** Whether a path, without a query, is one of an operation. */
export function isPathOf({ path }: Pick<Operation, 'path'>, target: string): boolean {
  return new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(target);
}

/** Reads the committed document. */
export async function readContract(): Promise<Contract> {
  return parseContract(await readFile(OPENAPI, 'utf8'));
}

/** @param text openapi.yaml */
function parseContract(text: string): Contract {
  const raw: unknown = parse(text);
  const { paths, components } = dereference(raw, raw) as RawDocument;
  const validators = createValidators();
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const found = item[method];
      return found === undefined
        ? []
        : [toOperation(found, { method: method.toUpperCase(), path, validators })];
    }),
  );
  const statuses = new Map(
    operations.flatMap(({ codes }) => codes.map(({ code, status }) => [code, status] as const)),
  );
  const envelope = components.schemas['Error'];
  if (envelope === undefined) throw new Error('the contract has no envelope of errors');
  return {
    operations,
    operation: (id) => {
      const found = operations.find((each) => each.id === id);
      if (found === undefined) throw new Error(`the contract has no operation ${id}`);
      return found;
    },
    validateError: validators.answer(closed(envelope)),
    statusOfCode: (code) => statuses.get(code),
  };
}

interface Place {
  readonly method: string;
  readonly path: string;
  readonly validators: ReturnType<typeof createValidators>;
}

function toOperation(raw: RawOperation, { method, path, validators }: Place) {
  const answers = Object.entries(raw.responses);
  const success = answers.find(([status]) => status.startsWith('2'))?.[1].content?.['application/json'];
  const body = raw.requestBody?.content?.['application/json'];
  return {
    ...{ id: raw.operationId, method, path },
    isSecured: raw.security?.length !== 0,
    parameters: (raw.parameters ?? []).map(({ name, in: place, required = false, schema }) => ({
      ...{ name, in: place, isRequired: required, schema, validate: validators.parameter(schema) },
    })),
    ...(body && {
      body: {
        isRequired: raw.requestBody?.required === true,
        schema: body.schema,
        validate: validators.request(body.schema),
      },
    }),
    answers: Object.fromEntries(
      answers.map(([status, answer]) => [Number(status), toAnswer(answer, validators)]),
    ),
    ...(success && { view: closed(success.schema) }),
    codes: answers.flatMap(([status, { content }]) =>
      Object.keys(content?.['application/json']?.examples ?? {}).map((code) => ({
        ...{ code, status: Number(status) },
      })),
    ),
  };
}

function toAnswer(
  { headers = {}, content = {} }: RawAnswer,
  validators: Place['validators'],
): DeclaredAnswer {
  const entries = <T, R>(of: Readonly<Record<string, T>>, make: (each: T) => R) =>
    Object.fromEntries(Object.entries(of).map(([name, each]) => [name.toLowerCase(), make(each)]));
  return {
    headers: entries(headers, ({ schema }) => validators.parameter(schema)),
    content: entries(content, ({ schema }) => validators.answer(closed(schema))),
  };
}
