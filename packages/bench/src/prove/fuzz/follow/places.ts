/** Where what was made or changed is read back. */
import { isPathOf, type Contract } from '../contract/contract.ts';
import { isObject } from '../generate/sites.ts';

export interface ReadBack {
  readonly target: string;
  /** Finds what was written in what is read there. */
  readonly find: (body: unknown) => unknown;
}

/** What stands inside an answer that holds more than the resource. */
const WRAPPERS = ['project', 'entry'] as const;

/** The resource in an answer. */
export function unwrap(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body)) return {};
  const inner = WRAPPERS.map((name) => body[name]).find(isObject);
  return inner ?? body;
}

/** A resource by itself, where there is an operation that reads one, or else in its list. */
export function readBackOf(
  contract: Contract,
  path: string,
  written: Readonly<Record<string, unknown>>,
): readonly ReadBack[] {
  const [at = ''] = path.split('?');
  const isRead = (target: string) =>
    contract.operations.some((operation) => operation.method === 'GET' && isPathOf(operation, target));
  const collection = at.slice(0, at.lastIndexOf('/'));
  const key = written['id'] === undefined ? 'query_hash' : 'id';
  return [
    ...(isRead(at) ? [{ target: at, find: unwrap }] : []),
    ...(isRead(collection)
      ? [{ target: listTarget(collection, written), find: findIn(key, written[key]) }]
      : []),
  ];
}

/** The largest page: what is newest stands on the first one. */
function listTarget(collection: string, { org_id: orgId }: Readonly<Record<string, unknown>>): string {
  const filter = collection === '/v1/projects' ? `&org_id=${encodeURIComponent(String(orgId))}` : '';
  return `${collection}?page_size=100${filter}`;
}

function findIn(key: string, value: unknown): (body: unknown) => unknown {
  return (body) => {
    const lists = isObject(body) ? Object.values(body).filter(Array.isArray) : [];
    return (lists.flat() as unknown[]).find((item) => isObject(item) && item[key] === value);
  };
}
