import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Attributes,
  type Tracer,
} from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
} from '@opentelemetry/semantic-conventions';
import type { ActiveSpan } from './active-span.ts';
import { isFault } from './watch-parts.ts';
import type { OperationName, Watch } from './watch.ts';

interface Options {
  readonly tracer: Tracer;
  readonly active: ActiveSpan;
  /** The name of the metadata database. */
  readonly database: string;
}

/** Codes and names of errors are words of programs. Whatever else stands there is not told. */
const HARMLESS = /^\w{1,64}$/;

/**
 * Traces what is done for requests that are traced, each operation as a span within the one in which it was begun.
 * What the service does by itself belongs to no request and is not traced.
 *
 * Nothing is told to those who are asked: the issuer, resolvers and customers' servers are strangers, who need not know
 * the ids of our traces.
 */
export function watchBySpans({ tracer, active, database }: Options): Watch {
  return async ({ name, details }, work) => {
    const parent = active.getStore();
    const flags = parent && trace.getSpanContext(parent)?.traceFlags;
    if (parent === undefined || flags === undefined || (flags & TraceFlags.SAMPLED) === 0)
      return await work();
    const attributes: Attributes = { ...attributesOf(name, database), ...details?.() };
    const span = tracer.startSpan(name, { kind: kindOf(name), attributes }, parent);
    try {
      return await active.run(trace.setSpan(parent, span), work);
    } catch (error) {
      // Its message and stack are not told: those of PostgreSQL quote values of rows.
      span.setAttribute(ATTR_ERROR_TYPE, errorTypeOf(error));
      if (isFault(error)) span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}

function attributesOf(name: OperationName, database: string): Attributes {
  const [part, operation] = name.split('.');
  if (part !== 'database') return {};
  return {
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
    [ATTR_DB_NAMESPACE]: database,
    [ATTR_DB_OPERATION_NAME]: operation,
  };
}

/** What goes out to somebody else, and what is done here. */
function kindOf(name: OperationName): SpanKind {
  switch (name) {
    case 'authenticate':
    case 'upstream.check':
    case 'upstream.introspection':
      return SpanKind.INTERNAL;
    case 'database.read':
    case 'database.transact':
    case 'database.maintain':
    case 'dns.ask':
    case 'issuer.fetch_keys':
    case 'upstream.connect':
      return SpanKind.CLIENT;
  }
}

function errorTypeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const known = [code, error instanceof Error ? error.name : undefined].find(
    (word) => typeof word === 'string' && HARMLESS.test(word),
  );
  return typeof known === 'string' ? known : '_OTHER';
}
