/** What servers do that are no PostgreSQL, or broken, or mean harm. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Behaviour } from './fake-servers.ts';

/** A message of the protocol: its type, its length, its body (PostgreSQL manual, section 54.7). */
function message(type: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5, type, 'latin1');
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Hears the client's first words, refuses TLS where it is asked for, and goes on when the login begins. */
async function afterStartup(socket: Socket): Promise<void> {
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    if (!chunk.subarray(0, SSL_REQUEST.length).equals(SSL_REQUEST)) return;
    socket.write('N');
  }
}

/** Lets anybody in, and hears of each statement. */
async function afterLogin(socket: Socket, onStatement: () => void): Promise<void> {
  await afterStartup(socket);
  const parameter = (name: string, value: string) => message('S', `${name}\0${value}\0`);
  const welcome = [
    message('R', LETS_IN),
    parameter('server_version', '18.4'),
    parameter('client_encoding', 'UTF8'),
  ];
  socket.on('data', (chunk: Buffer) => {
    if (chunk[0] === 'X'.charCodeAt(0)) socket.end();
    else onStatement();
  });
  socket.write(Buffer.concat([...welcome, message('K', Buffer.alloc(8, 1)), READY]));
}

/** AuthenticationOk. */
const LETS_IN = Buffer.from([0, 0, 0, 0]);
const READY = message('Z', 'I');

/** A row of one result: its columns, all of them text, with what stands in them. */
function result(columns: Readonly<Record<string, string>>): { readonly head: Buffer; readonly row: Buffer } {
  const uint16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const count = uint16(Object.keys(columns).length);
  const names = Object.keys(columns).map((name) => Buffer.concat([Buffer.from(`${name}\0`), COLUMN]));
  const values = Object.values(columns).map((text) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  });
  return {
    head: message('T', Buffer.concat([count, ...names])),
    row: message('D', Buffer.concat([count, ...values])),
  };
}

/** Of no table, of type text, without a modifier, in text format. */
const COLUMN = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]);

/** Lets anybody in, and answers whatever it is asked with this row. */
export function answersAlways(columns: Readonly<Record<string, string>>): Behaviour {
  const { head, row } = result(columns);
  const answer = Buffer.concat([head, row, message('C', 'SELECT 1\0'), READY]);
  return async (socket) => await afterLogin(socket, () => void socket.write(answer));
}

/** Writes without end, as fast as it is read. */
async function pour(socket: Socket, chunk: Buffer): Promise<void> {
  while (socket.writable) {
    if (!socket.write(chunk)) await once(socket, 'drain').catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const NEVER_ENDING = 0x7f_ff_ff_ff;
const CHUNK_BYTES = 64 * 1024;
const DRIP_MS = 20;

/** An authentication that asks for SCRAM-SHA-256. */
const ASKS_FOR_SCRAM = message(
  'R',
  Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]),
);
/** An error of PostgreSQL's form: severity, SQLSTATE, message. */
const fields = (text: string) => `SFATAL\0VFATAL\0C28000\0M${text}\0\0`;

/** How servers misbehave, by the name of what they do. Each may be given to `startFakeServer`. */
export const misbehaviours = {
  /** Takes the connection and says nothing, ever. */
  silent: (socket) => void socket.resume(),
  /** Hangs up as soon as it is reached. */
  closesAtOnce: (socket) => void socket.destroy(),
  /** Hangs up at the first words. */
  closesAtFirstWords: (socket) => void socket.once('data', () => socket.destroy()),
  /** Hangs up in the middle of the login. */
  closesInLogin: async (socket) => {
    await afterStartup(socket);
    socket.write(ASKS_FOR_SCRAM);
    socket.once('data', () => socket.destroy());
  },
  /** Resets the connection in the middle of the login. */
  resetsInLogin: async (socket) => {
    await afterStartup(socket);
    socket.write(ASKS_FOR_SCRAM);
    socket.once('data', () => socket.resetAndDestroy());
  },
  /** Agrees to TLS and is silent then. */
  silentAfterTls: (socket) => void socket.once('data', () => socket.write('S')),
  /** Agrees to TLS and speaks something else. */
  nonsenseAfterTls: (socket) =>
    void socket.once('data', () => socket.write('S') && socket.write('this is no TLS, whatever was said')),
  /** Answers as a web server does. */
  nonsense: (socket) =>
    void socket.once('data', () =>
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\n\r\n<html>Bad Request</html>'),
    ),
  /** Never comes to an end of its error message. */
  endlessError: async (socket) => {
    await afterStartup(socket);
    socket.resume();
    const head = message('E', 'SFATAL\0C28000\0M');
    head.writeInt32BE(NEVER_ENDING, 1);
    socket.write(head);
    await pour(socket, Buffer.alloc(CHUNK_BYTES, 'x'));
  },
  /** Never comes to an end of its notices, each of which is as it should be. */
  endlessNotices: async (socket) => {
    await afterStartup(socket);
    socket.resume();
    await pour(socket, message('N', fields('y'.repeat(1000))));
  },
  /** Lets anybody in, and says nothing any more. */
  silentAfterLogin: async (socket) => await afterLogin(socket, () => {}),
  /** Lets anybody in, and hangs up at the first statement. */
  closesAfterLogin: async (socket) => await afterLogin(socket, () => void socket.destroy()),
  /** Lets anybody in, and never comes to an end of its rows. */
  endlessRows: async (socket) => {
    const { head, row } = result({ text: 'w'.repeat(1000) });
    await afterLogin(socket, () => {
      socket.write(head);
      void pour(socket, row);
    });
  },
  /** Answers a byte now and then. */
  drips: async (socket) => {
    await afterStartup(socket);
    socket.resume();
    for (const byte of message('N', fields('z'.repeat(5000)))) {
      if (!socket.writable) return;
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, DRIP_MS));
    }
  },
} as const satisfies Record<string, Behaviour>;
