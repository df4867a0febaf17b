import { insert } from '@headgate/db';
import { newId, type ResourceKind } from '@headgate/schema';
import { entryText } from './audit-log/link.ts';
import { entryMac } from './audit-log/mac.ts';
import type { Context } from './context.ts';
import type { Action, ActionStep } from './policy.ts';

/** What was done to one resource. `before` and `after` are views or parts of them: no secret is ever in a view. */
export interface AuditEntry {
  readonly action: Action | ActionStep;
  readonly orgId: string;
  /** Null for what belongs to no project. */
  readonly projectId: string | null;
  readonly resource: { readonly kind: ResourceKind; readonly id: string };
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/** What stands in an entry where a secret was set or changed. */
export const REDACTED = '[redacted]';

/** The statement that adds an entry, in the transaction of what it tells of, with the MAC that says that it is ours. */
export function recordAudit(ctx: Context, entry: AuditEntry) {
  const createdAt = ctx.clock.now();
  const content = {
    id: newId('aud'),
    org_id: entry.orgId,
    project_id: entry.projectId,
    actor_kind: ctx.actor.kind,
    actor_id: ctx.actor.id,
    action: entry.action,
    resource_kind: entry.resource.kind,
    resource_id: entry.resource.id,
    before: asJson(entry.before),
    after: asJson(entry.after),
    request_id: ctx.requestId,
    address: ctx.address ?? null,
  };
  return insert('audit_entries', {
    ...content,
    // Objects as they are: postgres.js writes them as JSON, and would make a JSON string of text.
    before: content.before as never,
    after: content.after as never,
    created_at: createdAt,
    mac: entryMac(ctx.vault, entryText(content, createdAt.toISOString())),
  });
}

/** What will be read of it: JSON knows neither members that are undefined nor times. */
function asJson(part: object | undefined): unknown {
  return part === undefined ? null : JSON.parse(JSON.stringify(part));
}

/** The fields in which two views differ, as they were and as they are. */
export function changes<V extends object>(before: V, after: V): { before: Partial<V>; after: Partial<V> } {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof V)[];
  const changed = keys.filter(
    (key) => key !== 'updated_at' && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const pick = (view: V) => Object.fromEntries(changed.map((key) => [key, view[key]])) as Partial<V>;
  return { before: pick(before), after: pick(after) };
}
