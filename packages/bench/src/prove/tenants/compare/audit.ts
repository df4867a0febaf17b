import { differenceOf } from './lists.ts';
import type { Entry, View } from '../model/rows.ts';

/** An entry of the log as it is answered. */
export interface LoggedEntry {
  readonly id: string;
  readonly action: string;
  readonly actor: Entry['actor'];
  readonly resource: Entry['resource'];
  readonly project_id?: string;
  readonly before?: View;
  readonly after?: View;
  readonly request_id: string;
  readonly created_at: string;
}

/**
 * What is wrong with a log: an entry that nobody made or that is missing, one that tells something else, or the order.
 * The log is newest first. What one lane did comes in the order in which it did it; of one request the entries come as
 * they may, and so do those of two lanes.
 */
export function logProblem(wanted: readonly Entry[], got: readonly LoggedEntry[]): string | undefined {
  const ofRequest = Map.groupBy(wanted, ({ requestId }) => requestId);
  const gotOfRequest = Map.groupBy(got, ({ request_id: id }) => id);
  for (const [requestId, entries] of gotOfRequest) {
    if (!ofRequest.has(requestId)) return `the log has ${told(entries[0])}, which nobody did (${requestId})`;
  }
  for (const [requestId, entries] of ofRequest) {
    const problem = requestProblem(entries, gotOfRequest.get(requestId) ?? []);
    if (problem !== undefined) return `of the request ${requestId} ${problem}`;
  }
  return orderProblem(wanted, got);
}

function requestProblem(wanted: readonly Entry[], got: readonly LoggedEntry[]): string | undefined {
  if (got.length !== wanted.length) return `there are ${got.length} entries and must be ${wanted.length}`;
  for (const entry of wanted) {
    const same = got.find(
      ({ resource, action }) => resource.id === entry.resource.id && action === entry.action,
    );
    if (same === undefined) return `there is no ${entry.action} of ${entry.resource.id}`;
    const difference = differenceOf(parts(entry, entry), parts(same, entry));
    if (difference !== undefined) return `${entry.action} of ${entry.resource.id}: ${difference}`;
  }
  return undefined;
}

/** What is compared: of `before` and `after` only where the model says what they are. */
function parts(entry: Entry | LoggedEntry, { before, after }: Entry): View {
  const projectId = 'projectId' in entry ? entry.projectId : entry['project_id' as never];
  const { last_used_at: _used, ...told } = (entry.before ?? {}) as Record<string, unknown>;
  return {
    ...{ actor: entry.actor, resource: entry.resource, projectId },
    ...(before !== undefined && { before: told }),
    ...(after !== undefined && { after: entry.after }),
  };
}

function orderProblem(wanted: readonly Entry[], got: readonly LoggedEntry[]): string | undefined {
  const keyOf = ({ created_at: at, id }: LoggedEntry) => `${at} ${id}`;
  const unsorted = got.findIndex(
    (entry, index) => index > 0 && keyOf(entry) > keyOf(got[index - 1] ?? entry),
  );
  if (unsorted !== -1) return `${told(got[unsorted])} comes behind what is older`;
  const times = new Map(got.map(({ request_id: id, created_at: at }) => [id, at]));
  const last = new Map<number, string>();
  for (const { lane, requestId, action } of wanted) {
    const at = times.get(requestId) ?? '';
    if (at < (last.get(lane) ?? '')) return `${action} (${requestId}) is older than what was done before it`;
    last.set(lane, at);
  }
  return undefined;
}

function told(entry: LoggedEntry | undefined): string {
  return `${entry?.action} of ${entry?.resource.id}`;
}
