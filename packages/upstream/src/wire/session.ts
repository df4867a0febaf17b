import { serialize } from 'pg-protocol';
import { ServerError, type Connection, type Parameter, type Row } from '../connection.ts';
import { rowBytes } from '../row-bytes.ts';
import { cancel, type CancelRoute } from './cancel.ts';
import type { Channel } from './channel.ts';
import { atStep, hungUp, WireError } from './failure.ts';
import type { Frame } from './framing.ts';
import { readParameterStatus, TYPE } from './messages.ts';
import type { ServerText } from './server-text.ts';
import { extendedQuery, readAnswer, simpleQuery, type StatementHandlers } from './statement.ts';

/** Of one question whose answer is held. None that is asked here has as much; what is longer is read by `each`. */
const MAX_QUERY_ROWS = 1000;
const MAX_QUERY_BYTES = 256 * 1024;

interface SessionInput {
  readonly channel: Channel;
  readonly serverText: ServerText;
  readonly parameters: Map<string, string>;
  readonly tlsProtocol: string | undefined;
  readonly address: string;
  readonly latencyMs: number;
  readonly route: CancelRoute;
}

/** A connection that is logged in. */
export class Session implements Connection {
  readonly parameters: ReadonlyMap<string, string>;
  readonly tlsProtocol: string | undefined;
  readonly address: string;
  readonly latencyMs: number;
  readonly processId: number | undefined;
  readonly #parameters: Map<string, string>;
  readonly #channel: Channel;
  readonly #serverText: ServerText;
  #isBusy = false;

  constructor(input: SessionInput) {
    this.parameters = input.parameters;
    this.tlsProtocol = input.tlsProtocol;
    this.address = input.address;
    this.latencyMs = input.latencyMs;
    this.processId = input.route.backendKey?.readInt32BE(0);
    this.#parameters = input.parameters;
    this.#channel = input.channel;
    this.#serverText = input.serverText;
    this.#channel.beforeClosing(() => (this.#isBusy ? cancel(input.route) : undefined));
  }

  async query(text: string, parameters?: readonly Parameter[]): Promise<Row[]> {
    const messages = parameters === undefined ? simpleQuery(text) : extendedQuery(text, parameters);
    let rows: Row[] = [];
    // Of all results together: a server that means harm sends more of them than were asked for.
    let count = 0;
    let bytes = 0;
    await this.#run(messages, {
      onResult: () => (rows = []),
      onRow: (row) => {
        count += 1;
        bytes += rowBytes(row);
        if (count > MAX_QUERY_ROWS || bytes > MAX_QUERY_BYTES) throw tooMuch();
        rows.push(row);
      },
    });
    return rows;
  }

  async each(
    text: string,
    parameters: readonly Parameter[],
    onRow: (row: Row) => void | Promise<void>,
  ): Promise<void> {
    await this.#run(extendedQuery(text, parameters), { onRow });
  }

  show(text: string): string {
    return this.#serverText.show(text);
  }

  async close(): Promise<void> {
    if (this.#isBusy) this.#channel.fail(hungUp());
    else await this.#channel.end(serialize.end());
  }

  async #run(messages: Buffer[], handlers: Omit<StatementHandlers, 'onAside'>): Promise<void> {
    if (this.#isBusy) throw new Error('a statement runs on this connection already');
    this.#isBusy = true;
    try {
      this.#channel.send(...messages);
      await readAnswer(this.#channel, this.#serverText, { ...handlers, onAside: this.#hear });
    } catch (error) {
      const isAnswered = error instanceof ServerError;
      const failure = error instanceof WireError ? error : hungUp(error);
      // Of a server that answered, or that hung up, there is nothing to stop.
      if (isAnswered || (error instanceof WireError && error.code === 'closed')) this.#isBusy = false;
      if (!isAnswered) this.#channel.fail(failure);
      throw atStep('server', error);
    } finally {
      this.#isBusy = false;
    }
  }

  readonly #hear = ({ type, body }: Frame) => {
    if (type !== TYPE.parameterStatus) return;
    const [name, value] = readParameterStatus(body);
    if (this.#parameters.has(name)) this.#parameters.set(name, value);
  };
}

function tooMuch(): WireError {
  return new WireError('too_much', 'The server answers with more than was asked for.');
}
