/** A profile, divided by what the process was doing. */
import { fileURLToPath } from 'node:url';
import type { Frame, Profile, ProfileNode } from './profiler.ts';
import { IDLE, MACHINE, NODE_PLACES, PLACES, SHARES, type Share } from './rules.ts';

const ROOT = new URL('../../../../', import.meta.url).href;
const PACKAGES = '/node_modules/';

/** The part of each share, from 0 to 1; all of them are 1. */
export type Parts = Readonly<Record<Share, number>>;

/** Divides the time in which the process did something. @throws Error when it did nothing at all */
export function attribute(profile: Profile): Parts {
  const stacks = stacksOf(profile);
  const shareOfStack = new Map<number, Share | undefined>();
  const timeOf = new Map<Share, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    if (!shareOfStack.has(id)) shareOfStack.set(id, shareOf(stacks(id)));
    const share = shareOfStack.get(id);
    if (share === undefined) continue;
    // The clock of the profiler may step back a little.
    const us = Math.max(0, profile.timeDeltas[index] ?? 0);
    timeOf.set(share, (timeOf.get(share) ?? 0) + us);
    total += us;
  }
  if (total === 0) throw new Error('the profile has no sample of work');
  const shares = Object.keys(SHARES) as Share[];
  return Object.fromEntries(shares.map((share) => [share, (timeOf.get(share) ?? 0) / total])) as Parts;
}

/** The frames of a stack by its id, the innermost first. */
function stacksOf({ nodes }: Profile): (id: number) => Frame[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  return (id) => {
    const frames: Frame[] = [];
    let node: ProfileNode | undefined = byId.get(id);
    while (node !== undefined) {
      frames.push(node.callFrame);
      node = byId.get(parents.get(node.id) ?? -1);
    }
    return frames;
  };
}

/** What a stack is a share of; undefined when the process waits. */
function shareOf(stack: readonly Frame[]): Share | undefined {
  const [innermost] = stack;
  if (innermost?.functionName === IDLE) return undefined;
  return (
    firstIn(stack, OURS) ?? firstIn(stack, NODES) ?? MACHINE[innermost?.functionName ?? ''] ?? 'unattributed'
  );
}

interface Place {
  readonly path: string;
  readonly functionName: string | undefined;
  readonly share: Share;
}

/** The longest first: it is the narrowest. */
function placesOf(rules: Readonly<Partial<Record<Share, readonly string[]>>>): Place[] {
  const places = Object.entries(rules).flatMap(([share, list]) =>
    list.map((text): Place => {
      const [path = '', functionName] = text.split('#');
      return { path, functionName, share: share as Share };
    }),
  );
  const length = ({ path, functionName = '' }: Place) => path.length + functionName.length;
  return places.toSorted((a, b) => length(b) - length(a));
}

const OURS = placesOf(PLACES);
const NODES = placesOf(NODE_PLACES);

function firstIn(stack: readonly Frame[], places: readonly Place[]): Share | undefined {
  for (const frame of stack) {
    const at = placeOf(frame.url);
    const place = places.find(
      ({ path, functionName }) =>
        isAt(at, path) && (functionName === undefined || functionName === frame.functionName),
    );
    if (place !== undefined) return place.share;
  }
  return undefined;
}

/** A package is a folder and a module of node the beginning of a name; a file of ours is itself. */
function isAt(at: string, path: string): boolean {
  if (path.startsWith('npm:')) return at === path || at.startsWith(path.endsWith('/') ? path : `${path}/`);
  return path.endsWith('/') || path.startsWith('node:') ? at.startsWith(path) : at === path;
}

/** Where code stands, in the words of the rules. Packages lie in a folder of their own name, wherever that is. */
function placeOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  const packages = url.lastIndexOf(PACKAGES);
  if (packages !== -1) return `npm:${url.slice(packages + PACKAGES.length)}`;
  return url.startsWith(ROOT) ? url.slice(ROOT.length) : fileURLToPath(url);
}
