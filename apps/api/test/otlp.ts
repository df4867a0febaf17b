/** A receiver of traces as OpenTelemetry exporters send them (OTLP/HTTP in protobuf), with a decoder of its own. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Events, such as exceptions that were recorded. */
  readonly events: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly resource: Readonly<Record<string, string | number>>;
}

/** How it answers: as it should, with an error, or not at all. */
export type ReceiverMood = 'well' | 'failing' | 'silent';

export interface TraceReceiver {
  readonly url: string;
  readonly spans: () => readonly ReceivedSpan[];
  /** All that was received, as it came. */
  readonly bytes: () => Buffer;
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

export async function receiveTraces(mood: ReceiverMood = 'well'): Promise<TraceReceiver> {
  const bodies: Buffer[] = [];
  const spans: ReceivedSpan[] = [];
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      if (mood === 'silent') return void waiting.add(response);
      if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf')
        return void response.writeHead(400).end();
      if (mood === 'failing') return void response.writeHead(500).end();
      spans.push(...decodeTraces(Buffer.concat(chunks)));
      return void response.writeHead(200, { 'Content-Type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    bytes: () => Buffer.concat(bodies),
    requests: () => bodies.length,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

type Value = bigint | Buffer;
type Message = ReadonlyMap<number, readonly Value[]>;

/** The fields of a message by their numbers (Protocol Buffers, "Encoding"). */
function fieldsOf(bytes: Buffer): Message {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): bigint => {
    for (let [value, shift] = [0n, 0n]; ; shift += 7n) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    if (at > bytes.length) throw new Error('the message is cut short');
    return bytes.subarray(at - length, at);
  };
  const value = (wireType: number): Value => {
    if (wireType === 0) return varint();
    if (wireType === 1) return take(8).readBigUInt64LE();
    if (wireType === 2) return take(Number(varint()));
    if (wireType === 5) return BigInt(take(4).readUInt32LE());
    throw new Error(`no such wire type: ${wireType}`);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value(tag & 7)]);
  }
  return fields;
}

const all = (message: Message, field: number): Buffer[] =>
  (message.get(field) ?? []).filter((value) => typeof value !== 'bigint');
const bytesIn = (message: Message, field: number): Buffer => all(message, field)[0] ?? Buffer.alloc(0);
const messages = (message: Message, field: number): Message[] => all(message, field).map(fieldsOf);
const numberIn = (message: Message, field: number): number => {
  const [value] = message.get(field) ?? [];
  return typeof value === 'bigint' ? Number(value) : 0;
};

/** The numbers of the fields are those of opentelemetry-proto, `trace/v1/trace.proto` and `common/v1/common.proto`. */
function decodeTraces(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = Object.assign({}, ...messages(resourceSpans, 1).map((each) => attributesIn(each, 1)));
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => decodeSpan(span, resource));
  });
}

function decodeSpan(span: Message, resource: ReceivedSpan['resource']): ReceivedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: bytesIn(span, 1).toString('hex'),
    spanId: bytesIn(span, 2).toString('hex'),
    traceState: bytesIn(span, 3).toString(),
    parentSpanId: bytesIn(span, 4).toString('hex'),
    name: bytesIn(span, 5).toString(),
    kind: numberIn(span, 6),
    attributes: attributesIn(span, 9),
    events: all(span, 11).length,
    status: status === undefined ? 0 : numberIn(status, 3),
    statusMessage: status === undefined ? '' : bytesIn(status, 2).toString(),
    resource,
  };
}

function attributesIn(message: Message, field: number): Record<string, string | number> {
  return Object.fromEntries(
    messages(message, field).map((pair) => {
      const [value] = messages(pair, 2);
      if (value === undefined) return [bytesIn(pair, 1).toString(), ''];
      return [bytesIn(pair, 1).toString(), value.has(1) ? bytesIn(value, 1).toString() : numberIn(value, 3)];
    }),
  );
}
