import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import {
  decode,
  encode,
  TRUNCATED_RESPONSE,
  type DecodedPacket,
  type Packet,
  type Question,
} from 'dns-packet';
import { createDnsRecords, RCODE, type DnsRecords, type RecordType, type Values } from './dns-records.ts';

/** What a DNS server may be like. All but `answering` hold for every question. */
export type DnsMood =
  | 'answering'
  | 'nxdomain'
  | 'servfail'
  | 'refused'
  /** Never answers. */
  | 'silent'
  /** Answers when it is released. */
  | 'held'
  /** Has UDP answers that do not fit, and says so, for the client to come back over TCP. */
  | 'truncated'
  /** Sends what is no DNS message. */
  | 'garbled';

/**
 * A resolver on loopback, over UDP and TCP, whose records and mood the test sets at any time. It follows aliases as
 * those do that recurse: the answer holds the whole chain and what is at its end.
 */
export interface TestDns {
  /** As `DNS_SERVERS` takes it. */
  readonly address: string;
  /** Every question so far, as `TXT _headgate.example.com udp`. */
  readonly asked: string[];
  /** Sets the values of a record; none means that the name has no such record. A TXT value may be given in pieces. */
  set(type: RecordType, host: string, ...values: Values): void;
  /** The same with other values for each question; the last ones stay. A name that is bound anew between two of them. */
  setSequence(type: RecordType, host: string, ...answers: Values[]): void;
  mood(mood: DnsMood): void;
  /** Answers what was held, and is answering from now on. */
  release(): void;
  close(): Promise<void>;
}

const RCODES: Partial<Record<DnsMood, number>> = {
  servfail: RCODE.servfail,
  nxdomain: RCODE.nxdomain,
  refused: RCODE.refused,
};
/** RFC 1035, section 4.1.1: the answer of the one who has the records. */
const AUTHORITATIVE = 1 << 10;
/** What is larger does not go over UDP (RFC 9715, section 3.1), and is asked for again over TCP. */
const MAX_UDP_BYTES = 1_400;
/** A TCP message has its length in front (RFC 1035, section 4.2.2). */
const LENGTH_BYTES = 2;

/** Starts one. It answers from now on, and knows no name. */
export async function startTestDns(): Promise<TestDns> {
  const records = createDnsRecords();
  const asked: string[] = [];
  const held: (() => void)[] = [];
  let mood: DnsMood = 'answering';

  /** Hands the answer to a question to `send`, unless the mood is against it. */
  function serve(message: Buffer, over: 'udp' | 'tcp', send: (answer: Buffer) => void): void {
    const question = decode(message);
    const { type, name } = questionOf(question);
    asked.push(`${type} ${name} ${over}`);
    const truncated = () =>
      encode({ ...answerTo(question, createDnsRecords(), mood), flags: TRUNCATED_RESPONSE });
    const answer = () => {
      const whole = encode(answerTo(question, records, mood));
      send(over === 'udp' && whole.length > MAX_UDP_BYTES ? truncated() : whole);
    };
    if (mood === 'held') held.push(answer);
    else if (mood === 'garbled') send(Buffer.from('this is no DNS message'));
    else if (mood === 'truncated' && over === 'udp') send(truncated());
    else if (mood !== 'silent') answer();
  }

  const { udp, tcp, port } = await listenOnBoth();
  const sockets = new Set<Socket>();
  udp.on('message', (message: Buffer, { port: to, address }: RemoteInfo) =>
    serve(message, 'udp', (answer) => udp.send(answer, to, address)),
  );
  tcp.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    readMessages(socket, (message) => serve(message, 'tcp', (answer) => socket.write(framed(answer))));
  });

  return {
    address: `127.0.0.1:${port}`,
    asked,
    set: (type, host, ...values) => records.set(type, host, [values]),
    setSequence: (type, host, ...answers) => records.set(type, host, answers),
    mood: (next) => void (mood = next),
    release: () => {
      mood = 'answering';
      for (const answer of held.splice(0)) answer();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** A message holds one question, as is the custom (RFC 9619). */
function questionOf({ questions: [question] = [] }: DecodedPacket): Question {
  if (question === undefined) throw new Error('a DNS message came without a question');
  return question;
}

function answerTo(packet: DecodedPacket, records: DnsRecords, mood: DnsMood): Packet {
  const question = questionOf(packet);
  const found = records.lookUp(question);
  const rcode = RCODES[mood] ?? (mood === 'truncated' ? 0 : found.rcode);
  return {
    ...{ type: 'response', id: packet.id, questions: [question] },
    flags: AUTHORITATIVE | rcode,
    answers: (rcode === 0 ? found.answers : []) as Packet['answers'],
  };
}

/** Takes the messages out of a stream, however they come in pieces. */
function readMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + pending.readUInt16BE(0);
      if (pending.length < end) return;
      onMessage(pending.subarray(LENGTH_BYTES, end));
      pending = pending.subarray(end);
    }
  });
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

const MAX_ATTEMPTS = 20;

/** The same port for both protocols: one that is free for UDP may be taken for TCP, and then another one is tried. */
async function listenOnBoth() {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    const { port } = udp.address();
    const tcp = createServer();
    if (await isListening(tcp, port)) return { udp, tcp, port };
    udp.close();
  }
  throw new Error('no port is free for both UDP and TCP');
}

async function isListening(server: Server, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}
