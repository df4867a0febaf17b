/** One resource of each kind, for the suites that do something to all of them. */
import type { CustomDomain } from '@headgate/schema';
import {
  apiKeyInput,
  certificateInput,
  customDomainInput,
  databaseInput,
  projectInput,
  registerSlot,
} from '@headgate/testing';
import * as core from '../src/index.ts';
import { orgOf } from './support.ts';

/** The password of every database here, to be looked for where it must not be. */
export const PASSWORD = 'pa$$word-that-nobody-tells';

/** One resource of each kind, of one organization. */
export interface Place {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseId: string;
  readonly replicaId: string;
  readonly queryHash: string;
  readonly keyId: string;
  readonly domain: CustomDomain;
  readonly certificateId: string;
  readonly slotId: string;
}

/** An authority, made once: a key takes its time. */
export const CERTIFICATE_INPUT = await certificateInput();
export const REPLICA_INPUT = { host: 'replica.example.com', port: 5432 };

/** Makes one resource of each kind in an organization of its own. */
export async function seedPlace(ctx: core.Context): Promise<Place> {
  const orgId = orgOf(ctx);
  const database = databaseInput({ password: PASSWORD });
  const made = await core.createProject({ ctx, input: projectInput(orgId) });
  const projectId = made.view.project.id;
  const { id: databaseId } = (await core.createDatabase({ ctx, input: { projectId, database } })).view;
  const sql = "SELECT name FROM countries WHERE code = 'CH'";
  const path = { projectId, databaseId };
  const ruled = await core.createCacheRule({ ctx, input: { ...path, rule: { sql, cache_enabled: true } } });
  const customDomain = customDomainInput();
  return {
    ...{ orgId, ...path, queryHash: ruled.view.entry.query_hash },
    replicaId: (await core.createReplica({ ctx, input: { databaseId, replica: REPLICA_INPUT } })).view.id,
    keyId: (await core.createApiKey({ ctx, input: { orgId, key: apiKeyInput() } })).view.id,
    domain: (await core.createCustomDomain({ ctx, input: { projectId, customDomain } })).view,
    certificateId: (
      await core.createCertificate({ ctx, input: { projectId, certificate: CERTIFICATE_INPUT } })
    ).view.id,
    slotId: await registerSlot(ctx.store, { orgId, ...path, now: ctx.clock.now() }),
  };
}
