import { HeadgateError } from '@headgate/core';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type TextMapGetter,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv } from '../http/env.ts';
import { isQuiet } from '../http/quiet-paths.ts';
import { OTHER, methodOf, routeOf } from '../http/route.ts';
import type { ActiveSpan } from './active-span.ts';

/** What the conventions have every method be called that is none of theirs. */
const OTHER_METHOD = '_OTHER';

const HEADERS: TextMapGetter<Context<AppEnv>> = {
  get: (c, name) => c.req.header(name),
  keys: () => [],
};

interface Options {
  readonly tracer: Tracer;
  readonly active: ActiveSpan;
}

/**
 * Traces requests, as parts of their callers' traces where these say so (W3C Trace Context); what is malformed there
 * counts as absent. Attributes are those of OpenTelemetry's conventions for HTTP servers. Of a request its path is
 * told, as in the log, and neither its query nor a header nor its body.
 */
export function traceRequests({ tracer, active }: Options): MiddlewareHandler<AppEnv> {
  const propagator = new W3CTraceContextPropagator();
  return async (c, next) => {
    if (isQuiet(c.req.path)) return await next();
    const parent = propagator.extract(ROOT_CONTEXT, c, HEADERS);
    const span = tracer.startSpan(nameOf(c), { kind: SpanKind.SERVER }, parent);
    c.set('traceId', span.spanContext().traceId);
    try {
      await active.run(trace.setSpan(parent, span), next);
    } finally {
      // No sampler of ours asks for more than the name, and a trace that is not kept costs next to nothing.
      if (span.isRecording()) describe(span, c);
      span.end();
    }
    return;
  };
}

/** By the method alone where there is no such operation. */
function nameOf(c: Context<AppEnv>): string {
  const route = routeOf(c);
  return route === OTHER ? conventional(c) : `${conventional(c)} ${route}`;
}

function conventional(c: Context<AppEnv>): string {
  const method = methodOf(c);
  return method === OTHER ? OTHER_METHOD : method;
}

function describe(span: Span, c: Context<AppEnv>): void {
  const { protocol, hostname, port, pathname } = new URL(c.req.url);
  const route = routeOf(c);
  const { status } = c.res;
  span.setAttributes({
    [ATTR_HTTP_REQUEST_METHOD]: conventional(c),
    ...(route !== OTHER && { [ATTR_HTTP_ROUTE]: route }),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [ATTR_URL_SCHEME]: protocol.slice(0, -1),
    [ATTR_URL_PATH]: pathname,
    [ATTR_SERVER_ADDRESS]: hostname,
    ...(port !== '' && { [ATTR_SERVER_PORT]: Number(port) }),
    'headgate.request_id': c.get('requestId'),
    'headgate.actor_kind': c.get('actor')?.kind,
  });
  // The code says what the caller was told; messages may quote what it sent.
  const failure: unknown = c.get('failure');
  const code = failure instanceof HeadgateError ? failure.code : undefined;
  if (code !== undefined) span.setAttribute('headgate.error_code', code);
  if (status >= 500) {
    span.setAttribute(ATTR_ERROR_TYPE, code ?? String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
