import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Schema } from './schema.ts';

/** What a value breaks of a schema, the first of it; undefined when nothing. */
export type Validate = (value: unknown) => string | undefined;

/**
 * Validators of JSON Schema, each compiled when it is first asked: most of what a contract declares is hardly ever met.
 * Strings of parameters and headers stand for numbers and truth values where their schema wants one, and only when they
 * are written as JSON writes those.
 */
export function createValidators() {
  const ajv = new Ajv2020({
    strict: true,
    // `type: [string, "null"]` is how OpenAPI 3.1 says that something may be null.
    allowUnionTypes: true,
    // What `oneOf` requires is declared beside it.
    strictRequired: false,
    validateFormats: true,
  });
  (addFormats as unknown as (to: Ajv2020) => void)(ajv);
  ajv.addKeyword('example');
  ajv.addFormat('password', true);

  const compile = (schema: Schema): Validate => {
    let compiled: ReturnType<Ajv2020['compile']> | undefined;
    return (value) => {
      compiled ??= ajv.compile(schema);
      if (compiled(value)) return undefined;
      const [first] = compiled.errors ?? [];
      const extra = (first?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
      return `${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}${extra === undefined ? '' : ` (${extra})`}`.trim();
    };
  };

  return {
    request: compile,
    answer: compile,
    parameter: (schema: Schema): Validate => {
      const validate = compile(schema);
      return (value) => validate(typeof value === 'string' ? spelled(schema, value) : value);
    },
  };
}

/** What a text in a URL or header stands for. */
function spelled({ type }: Schema, text: string): unknown {
  if (type === 'integer' && /^[0-9]+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true';
  return text;
}
