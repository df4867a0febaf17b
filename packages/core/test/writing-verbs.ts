/** Every verb that changes something, once: the suites that hold all of them to the same start from these. */
import type { CustomDomain, ErrorCode, ResourceKind } from '@headgate/schema';
import {
  apiKeyInput,
  customDomainInput,
  databaseInput,
  projectInput,
  serverConnection,
  slotInput,
} from '@headgate/testing';
import { useUpstreamOnDemand } from '@headgate/testing/upstreams';
import * as core from '../src/index.ts';
import type { Context } from '../src/index.ts';
import { scopeOf, type Action } from '../src/policy.ts';
import { CERTIFICATE_INPUT, PASSWORD, REPLICA_INPUT, type Place } from './place.ts';

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
  /** What is told before its own entry, of a verb that takes several steps. */
  readonly steps?: readonly string[];
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
const WHOLE_PROJECT = {
  kind: 'project',
  tables: [...COUNTED, 'databases', 'custom_domains', 'certificates'],
} as const;
const DATABASE = { kind: 'database', tables: ['databases'] } as const;
/** Made, deleted and restored it is counted in its project. */
const COUNTED_DATABASE = { kind: 'database', tables: ['databases', 'projects'] } as const;
const REPLICA = { kind: 'replica', tables: ['replicas'] } as const;
const RULE = { kind: 'cache_rule', tables: ['cache_rules'] } as const;
const DOMAIN = { kind: 'custom_domain', tables: ['custom_domains'] } as const;
const SLOT = { kind: 'replication_slot', tables: ['replication_slots'] } as const;
const SNAPSHOT = { kind: 'schema_snapshot', tables: ['schema_snapshots'] } as const;
const CERTIFICATE = { kind: 'certificate', tables: ['certificates'] } as const;
const KEY = { kind: 'api_key', tables: ['api_keys'] } as const;

const onProject = ({ projectId }: Place): Done => ({ resourceId: projectId, projectId });
const onDatabase = ({ projectId, databaseId }: Place): Done => ({ resourceId: databaseId, projectId });
const onReplica = ({ projectId, replicaId }: Place): Done => ({ resourceId: replicaId, projectId });
const onDomain = ({ projectId, domain }: Place): Done => ({ resourceId: domain.id, projectId });
const onCertificate = ({ projectId, certificateId }: Place): Done => ({
  resourceId: certificateId,
  projectId,
});
const onSlot = ({ projectId, slotId }: Place): Done => ({ resourceId: slotId, projectId });
const onRule = ({ projectId, databaseId, queryHash }: Place): Done => ({
  ...{ resourceId: `${databaseId}/${queryHash}`, projectId },
});
const onOrganization = ({ orgId }: Place): Done => ({ resourceId: orgId, projectId: null });
const domainPath = ({ projectId, domain }: Place) => ({ projectId, domainId: domain.id });

/** Lets a database be one of the server of the tests, which is there and can be logged in to. */
async function moveToServer(ctx: Context, place: Place): Promise<void> {
  await core.updateDatabase({ ctx, input: { ...place, changes: serverConnection() } });
}

/** The same with a password that the server refuses, so that there is something to rotate. */
async function moveToServerLockedOut(ctx: Context, place: Place): Promise<void> {
  const changes = { ...serverConnection(), password: 'out-of-date' };
  await core.updateDatabase({ ctx, input: { ...place, changes } });
}

function serverLogin() {
  const { username, password } = serverConnection();
  return { username, password };
}

/** A server of this file's own, where slots are made. */
const replicationServer = useUpstreamOnDemand({ settings: { max_replication_slots: '50' } });

/** Lets a database be one of that server. */
async function moveToReplicationServer(ctx: Context, place: Place): Promise<void> {
  const { host, port, database: name, superuser } = await replicationServer();
  const changes = { host, port, name, ...superuser, ssl_mode: 'disable' as const };
  await core.updateDatabase({ ctx, input: { ...place, changes } });
}

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
    ...{ action: 'database.create', ...COUNTED_DATABASE, shows: ['after'] },
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
    ...{ action: 'database.delete', ...COUNTED_DATABASE, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteDatabase({ ctx, input: place });
      return onDatabase(place);
    },
  },
  restoreDatabase: {
    ...{ action: 'database.restore', ...COUNTED_DATABASE, shows: ['after'] },
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
  testDatabaseConnection: {
    ...{ action: 'databaseConnection.test', kind: 'database', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      await core.testDatabaseConnection({ ctx, input: place });
      return onDatabase(place);
    },
  },
  testDatabaseRegistration: {
    ...{ action: 'databaseRegistration.test', kind: 'project', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      const database = databaseInput({ password: PASSWORD });
      await core.testDatabaseRegistration({ ctx, input: { projectId: place.projectId, database } });
      return onProject(place);
    },
  },
  rotateDatabaseCredentials: {
    ...{ action: 'databaseCredentials.rotate', ...DATABASE, shows: ['before', 'after'] },
    steps: ['databaseCredentials.test', 'databaseCredentials.stage'],
    before: moveToServerLockedOut,
    run: async (ctx, place) => {
      await core.rotateDatabaseCredentials({ ctx, input: { ...place, credentials: serverLogin() } });
      return onDatabase(place);
    },
  },
  undoDatabaseCredentialsRotation: {
    ...{ action: 'databaseCredentialsRotation.undo', ...DATABASE, shows: ['before', 'after'] },
    steps: ['databaseCredentials.test'],
    before: async (ctx, place) => {
      await moveToServerLockedOut(ctx, place);
      await core.rotateDatabaseCredentials({ ctx, input: { ...place, credentials: serverLogin() } });
    },
    run: async (ctx, place) => {
      await core.undoDatabaseCredentialsRotation({ ctx, input: place });
      return onDatabase(place);
    },
  },
  introspectDatabase: {
    ...{ action: 'database.introspect', ...SNAPSHOT, shows: ['after'] },
    before: moveToServer,
    run: async (ctx, { projectId, databaseId }) => {
      const { view } = await core.introspectDatabase({ ctx, input: { projectId, databaseId } });
      return { resourceId: view.id, projectId };
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
  testReplicaConnection: {
    ...{ action: 'replicaConnection.test', kind: 'replica', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      await core.testReplicaConnection({ ctx, input: place });
      return onReplica(place);
    },
  },
  testReplicaRegistration: {
    ...{ action: 'replicaRegistration.test', kind: 'database', tables: [], shows: ['after'] },
    run: async (ctx, place) => {
      const input = { databaseId: place.databaseId, replica: REPLICA_INPUT };
      await core.testReplicaRegistration({ ctx, input });
      return onDatabase(place);
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
  createReplicationSlot: {
    ...{ action: 'replicationSlot.create', ...SLOT, shows: ['after'] },
    before: moveToReplicationServer,
    run: async (ctx, { projectId, databaseId }) => {
      const slot = { ...slotInput(), create_if_missing: true };
      const answer = await core.createReplicationSlot({ ctx, input: { projectId, databaseId, slot } });
      return { resourceId: answer.view.id, projectId };
    },
  },
  updateReplicationSlot: {
    ...{ action: 'replicationSlot.update', ...SLOT, shows: ['before', 'after'] },
    run: async (ctx, place) => {
      await core.updateReplicationSlot({ ctx, input: { ...place, changes: { status: 'disabled' } } });
      return onSlot(place);
    },
  },
  deleteReplicationSlot: {
    ...{ action: 'replicationSlot.delete', ...SLOT, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteReplicationSlot({ ctx, input: place });
      return onSlot(place);
    },
  },
  restoreReplicationSlot: {
    ...{ action: 'replicationSlot.restore', ...SLOT, shows: ['after'] },
    before: async (ctx, place) => await core.deleteReplicationSlot({ ctx, input: place }),
    run: async (ctx, place) => {
      await core.restoreReplicationSlot({ ctx, input: place });
      return onSlot(place);
    },
  },
  createCertificate: {
    ...{ action: 'certificate.create', ...CERTIFICATE, shows: ['after'] },
    run: async (ctx, { projectId }) => {
      const input = { projectId, certificate: CERTIFICATE_INPUT };
      return { resourceId: (await core.createCertificate({ ctx, input })).view.id, projectId };
    },
  },
  deleteCertificate: {
    ...{ action: 'certificate.delete', ...CERTIFICATE, shows: ['before'] },
    run: async (ctx, place) => {
      await core.deleteCertificate({ ctx, input: place });
      return onCertificate(place);
    },
  },
  restoreCertificate: {
    ...{ action: 'certificate.restore', ...CERTIFICATE, shows: ['after'] },
    before: async (ctx, place) => await core.deleteCertificate({ ctx, input: place }),
    run: async (ctx, place) => {
      await core.restoreCertificate({ ctx, input: place });
      return onCertificate(place);
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
  createUpstream: 'makes what reaches the servers of customers',
  createUpstreamPlaces: 'makes what counts who is on them',
  createVault: 'makes what seals secrets',
  rotateSealingKey: 'seals anew what is sealed, for upkeep, and changes nothing that anyone sees',
  verifyOrganizationAuditLog: 'reads the audit log and changes nothing that it tells of',
};
