import { createHash } from 'node:crypto';
import { serialize } from 'pg-protocol';
import type { Target } from '../target.ts';
import type { Channel } from './channel.ts';
import { violation, WireError } from './failure.ts';
import type { Fields } from './fields.ts';
import { Scram, type ChannelBinding } from './scram.ts';
import { plainText, type ServerText } from './server-text.ts';

/** What the server asks for (PostgreSQL manual, section 54.7, the messages of type R). */
const ASKS = { nothing: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

export interface LoginInput {
  readonly target: Target;
  readonly channel: Channel;
  readonly serverText: ServerText;
  readonly isEncrypted: boolean;
  /** Whether TLS was not asked for yet: a server that was asked and said no cannot be asked again. */
  readonly isTlsLeft: boolean;
  /** tls-server-end-point, where there is a certificate that has one. */
  readonly endPoint: Buffer | undefined;
}

/** The exchange that proves who we are. */
export class Authentication {
  readonly #input: LoginInput;
  #scram: Scram | undefined;
  /** What may come next: a method is asked for once, and SCRAM's three steps stand in their order. */
  #stage: 'unasked' | 'proving' | 'proved' | 'answered' | 'done' = 'unasked';

  constructor(input: LoginInput) {
    this.#input = input;
  }

  get isDone(): boolean {
    return this.#stage === 'done';
  }

  async answer(fields: Fields): Promise<void> {
    const asked = fields.int32();
    if (asked === ASKS.nothing && (this.#stage === 'unasked' || this.#stage === 'answered'))
      this.#stage = 'done';
    else if (asked === ASKS.saslContinue && this.#stage === 'proving') await this.#prove(fields);
    else if (asked === ASKS.saslFinal && this.#stage === 'proved') this.#verify(fields);
    else if (this.#stage !== 'unasked' || asked === ASKS.saslContinue || asked === ASKS.saslFinal)
      throw violation('its login takes a turn that no login takes');
    else if (asked === ASKS.sasl) this.#beginScram(mechanismsOf(fields));
    else if (asked === ASKS.md5) this.#sendMd5(fields.bytes(4));
    else if (asked === ASKS.cleartext) this.#sendCleartext();
    else throw unsupported(METHODS.get(asked) ?? `the method with number ${asked}`);
  }

  #beginScram(mechanisms: readonly string[]): void {
    const { endPoint, channel } = this.#input;
    this.#requirePassword();
    const offers = (name: string) => mechanisms.includes(name);
    const isBound = endPoint !== undefined && offers('SCRAM-SHA-256-PLUS');
    if (!isBound && !offers('SCRAM-SHA-256')) throw unsupported(plainText(mechanisms.join(', ')));
    const binding: ChannelBinding = isBound
      ? { data: endPoint }
      : endPoint === undefined
        ? 'impossible'
        : 'unused';
    this.#scram = new Scram(binding);
    this.#stage = 'proving';
    channel.send(serialize.sendSASLInitialResponseMessage(this.#scram.mechanism, this.#scram.first()));
  }

  async #prove(fields: Fields): Promise<void> {
    const { channel, target } = this.#input;
    const proof = await this.#scram?.proof(fields.text(fields.remaining), target.password);
    this.#stage = 'proved';
    channel.send(serialize.sendSCRAMClientFinalMessage(proof ?? ''));
  }

  #verify(fields: Fields): void {
    this.#scram?.verify(fields.text(fields.remaining));
    this.#stage = 'answered';
  }

  #sendMd5(salt: Buffer): void {
    const { channel, target } = this.#input;
    this.#requirePassword();
    const inner = md5(`${target.password}${target.username}`);
    this.#stage = 'answered';
    channel.send(serialize.password(`md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`));
  }

  #sendCleartext(): void {
    const { channel, target, isEncrypted, serverText } = this.#input;
    if (!isEncrypted) {
      throw new WireError(
        'cleartext_refused',
        'The server asks for the password in the clear, over a connection without TLS. It was not sent.',
      );
    }
    this.#requirePassword();
    this.#stage = 'answered';
    serverText.conceal(target.password);
    channel.send(serialize.password(target.password));
  }

  #requirePassword(): void {
    if (this.#input.target.password !== '') return;
    throw new WireError('wrong_password', 'The server asks for a password, and there is none.');
  }
}

/** The methods that are not spoken here, by their numbers. */
const METHODS: ReadonlyMap<number, string> = new Map([
  [2, 'Kerberos V5'],
  [7, 'GSSAPI'],
  [9, 'SSPI'],
]);

function unsupported(method: string): WireError {
  return new WireError('auth_unsupported', `The server asks for a login by ${method}.`);
}

/** The list of mechanisms, which ends with an empty one. */
function mechanismsOf(fields: Fields): string[] {
  const mechanisms: string[] = [];
  for (let name = fields.string(); name !== ''; name = fields.string()) mechanisms.push(name);
  return mechanisms;
}

function md5(input: string | Buffer): string {
  return createHash('md5').update(input).digest('hex');
}
