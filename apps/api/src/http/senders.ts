import type { IncomingMessage } from 'node:http';
import { HeadgateError } from '@headgate/core';
import { LRUCache } from 'lru-cache';
import type { Credentials } from '../auth/credentials.ts';
import { MAX_REMEMBERED_SENDERS } from '../limits.ts';
import { findCaller, networkOf, type TrustedProxies } from './caller-address.ts';

/**
 * By so many of its last characters a credential is recalled: 24 random digits of an API key and its checksum, 192 bits
 * of a token's signature. Nobody can guess them, and nobody can use them. A hash of the whole would be a quarter of what
 * a refusal costs.
 */
const TAIL_CHARS = 32;

/** Whom a request counts for. */
export interface Sender {
  readonly name: string;
  /** Whether its credentials were good of late. */
  readonly isKnown: boolean;
}

interface SenderOptions {
  readonly credentials: Credentials;
  readonly trustedProxies: TrustedProxies | undefined;
}

interface Senders {
  /** The same credentials, which are looked on at. */
  readonly credentials: Credentials;
  readonly senderOf: (request: IncomingMessage) => Sender;
}

/**
 * Tells whom a request counts for before anything is done for it: the actor, if its credentials were good of late, and
 * the network of its address otherwise, however many credentials are invented there. It is about turns alone: whether
 * credentials are good is found out when the turn has come.
 */
export function createSenders({ credentials, trustedProxies }: SenderOptions): Senders {
  const names = new LRUCache<string, string>({ max: MAX_REMEMBERED_SENDERS });
  return {
    credentials: {
      ...credentials,
      identify: async (credential) => {
        const tail = credential.slice(-TAIL_CHARS);
        try {
          const actor = await credentials.identify(credential);
          names.set(tail, `${actor.kind} ${actor.id}`);
          return actor;
        } catch (error) {
          if (error instanceof HeadgateError && error.code === 'UNAUTHORIZED') names.delete(tail);
          throw error;
        }
      },
    },
    senderOf: ({ headers, socket }) => {
      const presented = headers.authorization ?? asText(headers['x-api-key']);
      const name = presented === undefined ? undefined : names.get(presented.slice(-TAIL_CHARS));
      if (name !== undefined) return { name, isKnown: true };
      const address = findCaller(socket.remoteAddress, asText(headers['x-forwarded-for']), trustedProxies);
      return { name: networkOf(address ?? ''), isKnown: false };
    },
  };
}

/** Node joins headers of these names that come more than once. */
function asText(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
