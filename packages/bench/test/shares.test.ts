import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { attribute } from '../src/shares/attribute.ts';
import type { Profile } from '../src/shares/profiler.ts';
import { reportShares } from '../src/shares/report.ts';
import { PLACES } from '../src/shares/rules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ours = (path: string, functionName = 'any') => ({
  functionName,
  url: new URL(path, `file://${ROOT}`).href,
});
const packaged = (path: string) => ours(`node_modules/.pnpm/x@1/node_modules/${path}`);
const node = (name: string) => ({ functionName: 'any', url: `node:${name}` });
const machine = (functionName: string) => ({ functionName, url: '' });
type Stack = readonly ReturnType<typeof ours>[];

/** A profile of these stacks, each outermost first, seen for so many µs. */
function profileOf(seen: readonly (readonly [us: number, stack: Stack])[]): Profile {
  let id = 0;
  const nodes = seen.flatMap(([, stack]) =>
    stack.map((callFrame, depth) => {
      id += 1;
      return { id, callFrame, ...(depth < stack.length - 1 && { children: [id + 1] }) };
    }),
  );
  let last = 0;
  const samples = seen.map(([, stack]) => (last += stack.length));
  return { nodes, samples, timeDeltas: seen.map(([us]) => us) };
}

const ROW = ours('packages/core/src/databases/row.ts', 'databaseView');
const ROOT_FRAME = machine('(root)');

describe('the shares of a request', () => {
  it('are the whole of what was seen, and waiting is no share', () => {
    const parts = attribute(
      profileOf([
        [300, [ROOT_FRAME, ROW]],
        [100, [ROOT_FRAME, machine('(garbage collector)')]],
        [100, [ROOT_FRAME, ours('packages/elsewhere/src/new.ts')]],
        [500, [ROOT_FRAME, node('_http_server')]],
        [9_000, [ROOT_FRAME, machine('(idle)')]],
      ]),
    );
    expect(parts).toMatchObject({ serialize: 0.3, collect: 0.1, unattributed: 0.1, http: 0.5 });
    expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeCloseTo(1);
  });

  it('go to the innermost place that is known: what a library does is done for its caller', () => {
    const parts = attribute(
      profileOf([
        [100, [ROW, packaged('ipaddr.js/lib/ipaddr.js'), machine('write')]],
        [100, [ROW, packaged('postgres/src/connection.js'), node('net'), machine('writev')]],
        [100, [node('_http_server'), ours('apps/api/src/http/request-scope.ts', 'logRequest')]],
        [100, [node('_http_server'), ours('apps/api/src/http/request-scope.ts')]],
      ]),
    );
    expect(parts).toMatchObject({ serialize: 0.25, driver: 0.25, log: 0.25, framework: 0.25 });
  });

  it('miss their goal when too much of the time is in no known place', () => {
    const known = [90, [ROW]] as const;
    const lost = (us: number) => attribute(profileOf([known, [us, [packaged('unheard-of/index.js')]]]));
    const spent = { wallUs: 1, mainUs: 1, processUs: 1, databaseUs: 1, callerUs: 1 };
    const verdict = (us: number) =>
      reportShares([{ name: 'a read', parts: lost(us), together: spent, alone: spent }]);
    expect(verdict(5).isKept).toBe(true);
    expect(verdict(20).isKept).toBe(false);
  });

  it('are told by places that there are: what is renamed is renamed there too', () => {
    expect(
      Object.values(PLACES)
        .flat()
        .filter((place) => !isThere(place)),
    ).toEqual([]);
  });
});

function isThere(place: string): boolean {
  const [path = '', functionName] = place.split('#');
  if (path.startsWith('npm:')) {
    const pattern = `node_modules/.pnpm/*/node_modules/${path.slice('npm:'.length)}`;
    return globSync(pattern, { cwd: ROOT }).length > 0;
  }
  if (!existsSync(`${ROOT}${path}`)) return false;
  const form = new RegExp(String.raw`\b${functionName}(\(|: )`);
  return functionName === undefined || form.test(readFileSync(`${ROOT}${path}`, 'utf8'));
}
