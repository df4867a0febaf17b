/** Every verb that changes something, once: the suites that hold all of them to the same start from these. */
import type { CustomDomain, ErrorCode, ResourceKind } from '@headgate/schema';
import { apiKeyInput, customDomainInput, databaseInput, projectInput } from '@headgate/testing';
import * as core from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { scopeOf, type Action } from '../src/policy.ts';
import { PASSWORD, REPLICA_INPUT, type Place } from './place.ts';

/** What a verb has done, as its caller knows it. */
export interface Done {
  readonly resourceId: string;
  readonly projectId: string | null;
  /** What was shown this once. */
  readonly secret?: string;
}

export interface WritingVerb {
  readonly action: Action;
  readonly kind: ResourceKind;
  /** The tables whose rows it changes; none when its entry in the audit log is all that it writes. */
  readonly tables: readonly string[];
  /** Which sides of the entry say something. */
  readonly shows: readonly ('before' | 'after')[];
  /** What a viewer is told when it is not `FORBIDDEN`. */
  readonly toViewer?: ErrorCode;
  /** What has to be done before, by the owner of the place. */
  readonly before?: (ctx: Context, place: Place) => Promise<unknown>;
  readonly run: (ctx: Context, place: Place) => Promise<Done>;
}

/** Whoever may do this in the organization of the context: its owner, or the operator where no role is enough. */
export function whoMay({ action }: WritingVerb, ctx: Context): Context {
  if (scopeOf(action) !== undefined) return ctx;
  const [organization] = ctx.actor.organizations;
  if (organization === undefined) throw new Error('the context has no organization');
  return { ...ctx, actor: { kind: 'operator', id: 'operator', organizations: [organization] } };
}

const PROJECT = { kind: 'project', tables: ['projects'] } as const;
/** An organization counts its projects. */
const COUNTED = ['projects', 'organizations'];
/** What is in a project goes and comes back with it. */
const WHOLE_PROJECT = { kind: 'project', tables: [...COUNTED, 'databases', 'custom_domains'] } as const;
const DATABASE = { kind: 'database', tables: ['databases'] } as const;
const REPLICA = { kind: 'replica', tables: ['replicas'] } as const;
const RULE = { kind: 'cache_rule', tables: ['cache_rules'] } as const;
const DOMAIN = { kind: 'custom_domain', tables: ['custom_domains'] } as const;
const KEY = { kind: 'api_key', tables: ['api_keys'] } as const;

const onProject = ({ projectId }: Place): Done => ({ resourceId: projectId, projectId });
const onDatabase = ({ projectId, databaseId }: Place): Done => ({ resourceId: databaseId, projectId });
const onReplica = ({ projectId, replicaId }: Place): Done => ({ resourceId: replicaId, projectId });
const onDomain = ({ projectId, domain }: Place): Done => ({ resourceId: domain.id, projectId });
const onRule = ({ projectId, databaseId, queryHash }: Place): Done => ({
  ...{ resourceId: `${databaseId}/${queryHash}`, projectId },
});
const onOrganization = ({ orgId }: Place): Done => ({ resourceId: orgId, projectId: null });
const domainPath = ({ projectId, domain }: Place) => ({ projectId, domainId: domain.id });

/** DNS as it is once the records of a domain are set. */
function dnsWith({ dns_instructions: records }: CustomDomain): Context['dns'] {
  const values = { TXT: records.txt_value, CNAME: records.cname_target };
  return {
    ask: async (questions) =>
      await Promise.resolve(questions.map(({ record }) => ({ values: [values[record]] }))),
  };
}

function shown({ secret }: core.Answer<unknown>): string {
  if (secret === undefined) throw new Error('the answer has no secret to look for');
  return secret;
}

/** Every verb that changes something or leaves an entry, by its name. */
export const WRITING_VERBS: Record<string, WritingVerb> = {
  createProject: {
    ...{ action: 'project.create', kind: 'project', tables: COUNTED, shows: ['after'] },
    run: async (ctx, { orgId }) => {
      const { project } = (await core.createProject({ ctx, input: projectInput(orgId) })).view;
      return { resourceId: project.id, projectId: project.id };
    },
  },
  updateProject: {
    ...{ action: 'project.update', ...PROJECT, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      const input = { projectId: place.projectId, changes: { name: 'renamed' } };
      await core.updateProject({ ctx, input });
      return onProject(place);
    },
  },
  deleteProject: {
    ...{ action: 'project.delete', ...WHOLE_PROJECT, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteProject({ ctx, input: place });
      return onProject(place);
    },
  },
  restoreProject: {
    ...{ action: 'project.restore', ...WHOLE_PROJECT, shows: ['after'] },
    before: async (ctx, input) => await core.deleteProject({ ctx, input }),
    run: async (ctx, place) => {
      await core.restoreProject({ ctx, input: place });
      return onProject(place);
    },
  },
  createDatabase: {
    ...{ action: 'database.create', ...DATABASE, shows: ['after'] },
    run: async (ctx, { projectId }) => {
      const database = databaseInput({ password: PASSWORD });
      const { view } = await core.createDatabase({ ctx, input: { projectId, database } });
      return { resourceId: view.id, projectId };
    },
  },
  updateDatabase: {
    ...{ action: 'database.update', ...DATABASE, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      await core.updateDatabase({ ctx, input: { ...place, changes: { password: PASSWORD, port: 6543 } } });
      return onDatabase(place);
    },
  },
  deleteDatabase: {
    ...{ action: 'database.delete', ...DATABASE, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteDatabase({ ctx, input: place });
      return onDatabase(place);
    },
  },
  restoreDatabase: {
    ...{ action: 'database.restore', ...DATABASE, shows: ['after'] },
    before: async (ctx, input) => await core.deleteDatabase({ ctx, input }),
    run: async (ctx, place) => {
      await core.restoreDatabase({ ctx, input: place });
      return onDatabase(place);
    },
  },
  revealDatabase: {
    ...{ action: 'database.reveal', kind: 'database', tables: [], shows: [] },
    run: async (ctx, place) => {
      const answer = await core.revealDatabase({ ctx, input: place });
      return { ...onDatabase(place), secret: shown(answer) };
    },
  },
  createReplica: {
    ...{ action: 'replica.create', ...REPLICA, shows: ['after'] },
    run: async (ctx, { projectId, databaseId }) => {
      const { view } = await core.createReplica({ ctx, input: { databaseId, replica: REPLICA_INPUT } });
      return { resourceId: view.id, projectId };
    },
  },
  updateReplica: {
    ...{ action: 'replica.update', ...REPLICA, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      await core.updateReplica({ ctx, input: { ...place, changes: { port: 5433 } } });
      return onReplica(place);
    },
  },
  deleteReplica: {
    ...{ action: 'replica.delete', ...REPLICA, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteReplica({ ctx, input: place });
      return onReplica(place);
    },
  },
  restoreReplica: {
    ...{ action: 'replica.restore', ...REPLICA, shows: ['after'] },
    before: async (ctx, input) => await core.deleteReplica({ ctx, input }),
    run: async (ctx, place) => {
      await core.restoreReplica({ ctx, input: place });
      return onReplica(place);
    },
  },
  createCacheRule: {
    ...{ action: 'cacheRule.create', ...RULE, shows: ['after'] },
    run: async (ctx, { projectId, databaseId }) => {
      const input = {
        projectId,
        databaseId,
        rule: { sql: 'SELECT code FROM currencies', cache_enabled: true },
      };
      const { view } = await core.createCacheRule({ ctx, input });
      return { resourceId: `${databaseId}/${view.entry.query_hash}`, projectId };
    },
  },
  updateCacheRule: {
    ...{ action: 'cacheRule.update', ...RULE, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      await core.updateCacheRule({ ctx, input: { ...place, rule: { cache_enabled: false } } });
      return onRule(place);
    },
  },
  deleteCacheRule: {
    ...{ action: 'cacheRule.delete', ...RULE, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteCacheRule({ ctx, input: place });
      return onRule(place);
    },
  },
  createCustomDomain: {
    ...{ action: 'customDomain.create', ...DOMAIN, shows: ['after'] },
    run: async (ctx, { projectId }) => {
      const input = { projectId, customDomain: customDomainInput() };
      return { resourceId: (await core.createCustomDomain({ ctx, input })).view.id, projectId };
    },
  },
  verifyCustomDomain: {
    ...{ action: 'customDomain.verify', ...DOMAIN, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      const dns = dnsWith(place.domain);
      await core.verifyCustomDomain({ ctx: { ...ctx, dns }, input: domainPath(place) });
      return onDomain(place);
    },
  },
  deleteCustomDomain: {
    ...{ action: 'customDomain.delete', ...DOMAIN, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteCustomDomain({ ctx, input: domainPath(place) });
      return onDomain(place);
    },
  },
  restoreCustomDomain: {
    ...{ action: 'customDomain.restore', ...DOMAIN, shows: ['after'] },
    before: async (ctx, place) => await core.deleteCustomDomain({ ctx, input: domainPath(place) }),
    run: async (ctx, place) => {
      await core.restoreCustomDomain({ ctx, input: domainPath(place) });
      return onDomain(place);
    },
  },
  createApiKey: {
    ...{ action: 'apiKey.create', ...KEY, shows: ['after'] },
    run: async (ctx, { orgId, projectId }) => {
      const key = apiKeyInput({ project_id: projectId });
      const answer = await core.createApiKey({ ctx, input: { orgId, key } });
      return { resourceId: answer.view.id, projectId, secret: shown(answer) };
    },
  },
  revokeApiKey: {
    // To a viewer only its own keys exist.
    ...{ action: 'apiKey.revoke', ...KEY, shows: ['before'], toViewer: 'NOT_FOUND' },
    run: async (ctx, place) => {
      await core.revokeApiKey({ ctx, input: place });
      return { resourceId: place.keyId, projectId: null };
    },
  },
  setOrganizationLimits: {
    ...{ action: 'organizationLimits.set', kind: 'organization', tables: ['organizations'] },
    shows: ['before', 'after'],
    run: async (ctx, place) => {
      await core.setOrganizationLimits({ ctx, input: { orgId: place.orgId, limits: { projects: 7 } } });
      return onOrganization(place);
    },
  },
  exportOrganizationAuditLog: {
    ...{ action: 'organizationAuditLog.export', kind: 'organization', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      await core.exportOrganizationAuditLog({ ctx, input: { orgId: place.orgId, format: 'csv' } });
      return onOrganization(place);
    },
  },
  exportProjectAuditLog: {
    ...{ action: 'projectAuditLog.export', kind: 'project', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      await core.exportProjectAuditLog({ ctx, input: { projectId: place.projectId, format: 'csv' } });
      return onProject(place);
    },
  },
};

/** What is named like a verb that changes something, and why it leaves no entry. */
export const NO_WRITING_VERBS: Record<string, string> = {
  createAuditChainer: 'makes what chains entries that are there',
  createDns: 'makes what asks DNS',
  createKeyUse: 'makes what remembers when keys were used',
  createVault: 'makes what seals secrets',
  verifyOrganizationAuditLog: 'reads the audit log and changes nothing that it tells of',
};
