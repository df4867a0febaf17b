import { HeadgateError, type Store, type UpstreamPlaces } from '@headgate/core';
import type { AppDeps } from '../http/env.ts';
import type { Watch } from './watch.ts';

/** The store with whoever looks on. */
export function watchStore(store: Store, watch: Watch | undefined): Store {
  if (watch === undefined) return store;
  const read = 'database.read';
  const transact = 'database.transact';
  return {
    ...store,
    read: async (tenants, query) =>
      await watch(
        { name: read, details: () => summaryOf(query) },
        async () => await store.read(tenants, query),
      ),
    readAsBearer: async (keyHash, query) =>
      await watch(
        { name: read, details: () => summaryOf(query) },
        async () => await store.readAsBearer(keyHash, query),
      ),
    transact: async (options, work) =>
      await watch({ name: transact }, async () => await store.transact(options, work)),
    transactAsUser: async (user, work) =>
      await watch({ name: transact }, async () => await store.transactAsUser(user, work)),
    maintain: async (query) =>
      await watch(
        { name: 'database.maintain', details: () => summaryOf(query) },
        async () => await store.maintain(query),
      ),
  };
}

/**
 * What a statement does to which table first, such as `select projects`: as much as may be told of it. The rest of its
 * text helps nobody who looks at a trace, and its parameters are secrets among others.
 */
function summaryOf(query: Parameters<Store['maintain']>[0]): Record<string, string> {
  const { sql } = query.compile();
  const [verb = ''] = /[a-z]+/i.exec(sql) ?? [];
  const [, table] = /\b(?:from|into|update)\s+(?:"?headgate"?\.)?"?([a-z_]+)"?/i.exec(sql) ?? [];
  return { 'db.query.summary': [verb.toLowerCase(), ...(table === undefined ? [] : [table])].join(' ') };
}

/** What a request uses beside the store, with whoever looks on. */
export function watchParts<D extends AppDeps>(deps: D, watch: Watch | undefined): D {
  if (watch === undefined) return deps;
  const { credentials, dns, upstream, upstreamPlaces } = deps;
  return {
    ...deps,
    credentials: {
      ...credentials,
      identify: async (credential) =>
        await watch({ name: 'authenticate' }, async () => await credentials.identify(credential)),
    },
    dns: { ask: async (questions) => await watch({ name: 'dns.ask' }, async () => await dns.ask(questions)) },
    upstream: {
      connect: async (target, options) =>
        await watch({ name: 'upstream.connect' }, async () => await upstream.connect(target, options)),
    },
    upstreamPlaces: watchPlaces(upstreamPlaces, watch),
  };
}

/** A use lasts from the taking of its place to its release. */
function watchPlaces(places: UpstreamPlaces, watch: Watch): UpstreamPlaces {
  return {
    ...places,
    take: (of, use) => {
      const { signal, release } = places.take(of, use);
      const released = Promise.withResolvers<void>();
      void watch({ name: `upstream.${use}` }, async () => await released.promise);
      return {
        signal,
        release: () => {
          release();
          released.resolve();
        },
      };
    },
  };
}

/** Whether an error is a fault of something, and not an answer to whoever asked for what cannot be had. */
export function isFault(error: unknown): boolean {
  return !(error instanceof HeadgateError) || error.status >= 500;
}
