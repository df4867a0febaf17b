import { isIPv6, type Socket } from 'node:net';
import { UpstreamError } from '../error.ts';
import { parseAddress } from './address.ts';
import { dial, type DialLimits } from './dial.ts';
import { readHost } from './host.ts';
import { createPolicy, type Policy } from './policy.ts';
import { resolve, type ResolveOptions } from './resolve.ts';
import { hasIPv6Route } from './route.ts';

declare const admitted: unique symbol;

/**
 * A host whose addresses are known and may all be dialled. `Door.admit` is the only way to one: to dial what was not
 * judged does not compile.
 */
export interface Admitted {
  readonly [admitted]: true;
  /** As the customer wrote it. */
  readonly host: string;
  /** The host as TLS has it (RFC 6066, section 3) and certificates do: in ASCII, without a dot at its end. None for addresses. */
  readonly serverName: string | undefined;
  /** What the server's certificate has to be for: the server name, or the address in its one form. */
  readonly peerName: string;
  /** Each in its one form, which is what is dialled; IPv4 before IPv6. */
  readonly addresses: readonly string[];
}

/** Through it goes whatever Headgate connects to because a customer said so. */
export interface Door {
  /**
   * Resolves a host, once, within 5 s. The spellings of an address are no names: `127.1` is 127.0.0.1.
   *
   * @throws UpstreamError of step `name`
   */
  resolve(host: string, signal: AbortSignal): Promise<string[]>;
  /**
   * Judges addresses: all of them must be good.
   *
   * @throws UpstreamError of step `address`
   */
  admit(host: string, addresses: readonly string[]): Admitted;
  /**
   * Connects to the first address that answers, within 5 s. It may be called again for another connection to the same
   * server: nothing is resolved anew. The socket is the caller's from then on, to destroy too; errors that it does not
   * listen for do not end the process.
   *
   * @throws UpstreamError of step `reach`
   */
  dial(admitted: Admitted, port: number, signal: AbortSignal): Promise<Socket>;
}

interface DoorOptions extends ResolveOptions {
  /** Ranges that may be dialled although they are not public. */
  readonly allowedCidrs: readonly string[];
  /** For tests: how long is waited for a connection. */
  readonly dialLimits?: DialLimits;
}

/** Of a name with more addresses than this, the first ones are dialled; all of them are judged. */
const MAX_DIALLED = 8;

/** Opens a door that lets through to public addresses and to these ranges. */
export function createDoor({ allowedCidrs, dialLimits, ...resolveOptions }: DoorOptions): Door {
  const policy = createPolicy(allowedCidrs);
  return {
    resolve: async (host, signal) => {
      const addresses = await resolve(host, signal, resolveOptions);
      if (!isIPv6(host) && (await isOutOfReach(policy, addresses))) throw ipv6Only();
      return addresses;
    },
    admit: (host, addresses) => {
      const { name: serverName, address } = readHost(host);
      const peerName = serverName ?? address;
      return { host, serverName, peerName, addresses: judge(policy, addresses) } as unknown as Admitted;
    },
    dial: async ({ addresses }, port, signal) => await dial({ addresses, port, signal, ...dialLimits }),
  };
}

/** Whether addresses that are good are all such as this machine has no route to, for want of IPv6. */
async function isOutOfReach(policy: Policy, addresses: readonly string[]): Promise<boolean> {
  if (!addresses.every((address) => isIPv6(address) && policy.refusalOf(address) === undefined)) return false;
  const routes = await Promise.all(addresses.slice(0, MAX_DIALLED).map(hasIPv6Route));
  return !routes.includes(true);
}

/** The addresses to dial. One that is not good among good ones is a mistake or an attack, and none is dialled. */
function judge(policy: Policy, addresses: readonly string[]): string[] {
  const refusal = addresses.map((address) => policy.refusalOf(address)).find((kind) => kind !== undefined);
  if (refusal !== undefined) throw addressRefused(refusal);
  const canonical = addresses.map((address) => String(parseAddress(address)));
  return Array.from(new Set(canonical)).slice(0, MAX_DIALLED);
}

function ipv6Only(): UpstreamError {
  const message = 'The name has only IPv6 addresses, and this service has no route to them.';
  return new UpstreamError({ step: 'name', code: 'ipv6_only', message });
}

/** Tells the kind and never the address: what a name means inside is nobody's business outside. */
function addressRefused(kind: string): UpstreamError {
  const message = `The host has an address of a kind that is not dialled here: ${kind}.`;
  return new UpstreamError({ step: 'address', code: 'address_refused', message });
}
