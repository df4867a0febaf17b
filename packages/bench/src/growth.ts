/** Whether a page and a single resource cost the same among a hundred thousand databases as among a hundred. */
import { Agent, request } from 'node:http';
import { newId, type DatabaseList, type ProjectList } from '@headgate/schema';
import type { TestIssuer } from '@headgate/testing/issuer';
import postgres from 'postgres';
import { DATABASE } from './seed.ts';
import { startHeadgate, type ServerUnderLoad } from './servers.ts';

const DATABASES_PER_PROJECT = 20;
const SMALL_PROJECTS = 5;
const LARGE_PROJECTS = 5_000;
/** A statement takes 65,535 parameters at most; a database has about twenty columns. */
const ROWS_PER_INSERT = 2_000;
const REQUESTS = 4_000;
const WARM_UP_REQUESTS = 500;
const CONNECTIONS = 4;
const ORGANIZATION = 'org_growth';
const TOKEN_TTL_SECONDS = 6 * 3600;

/** How long the slowest hundredth of the requests of one kind took, in each service. */
export interface Growth {
  readonly kind: string;
  readonly smallP99Ms: number;
  readonly largeP99Ms: number;
}

/** One service, filled, and what is asked of it. */
interface Filled {
  readonly server: ServerUnderLoad;
  /** A path of each kind of request, another one each time. */
  readonly paths: Readonly<Record<string, () => string>>;
}

interface GrowthOptions {
  /** The URL of a database of this name, which is made when it is not there. */
  readonly databaseUrl: (name: string) => Promise<string>;
  readonly issuer: TestIssuer;
}

/** Fills two services and asks both the same, turn by turn, so that whatever slows the machine slows both. */
export async function measureGrowth({ databaseUrl, issuer }: GrowthOptions): Promise<Growth[]> {
  const organizations = [{ id: ORGANIZATION, name: 'Growth', slug: 'growth', role: 'owner' }];
  const token = await issuer.token({
    ...{ subject: 'user_growth', organizations },
    expiresInSeconds: TOKEN_TTL_SECONDS,
  });
  const started: ServerUnderLoad[] = [];
  const fill = async (name: string, projects: number): Promise<Filled> => {
    const url = await databaseUrl(name);
    const server = await startHeadgate(url, issuer);
    started.push(server);
    const seeded = await seedProjects(url, projects);
    return { server, paths: await pathsOf(server, seeded, token) };
  };
  try {
    const small = await fill('growth_small', SMALL_PROJECTS);
    const large = await fill('growth_large', LARGE_PROJECTS);
    const results: Growth[] = [];
    for (const kind of Object.keys(small.paths)) {
      await sendInTurn([small, large], { kind, token, count: WARM_UP_REQUESTS });
      const [smallMs = [], largeMs = []] = await sendInTurn([small, large], { kind, token, count: REQUESTS });
      results.push({ kind, smallP99Ms: p99(smallMs), largeP99Ms: p99(largeMs) });
    }
    return results;
  } finally {
    await Promise.all(started.map(async (server) => await server.stop()));
  }
}

interface SeededProject {
  readonly id: string;
  readonly databaseIds: readonly string[];
}

async function seedProjects(url: string, count: number): Promise<SeededProject[]> {
  const projects = Array.from({ length: count }, (): SeededProject => {
    return {
      id: newId('prj'),
      databaseIds: Array.from({ length: DATABASES_PER_PROJECT }, () => newId('db')),
    };
  });
  const began = Date.now() - projects.length * 1000;
  // A second between one and the next, as if they had been made over time.
  const common = (index: number) => {
    const at = new Date(began + index * 1000);
    return { org_id: ORGANIZATION, version: 1, created_at: at, updated_at: at };
  };
  const projectRows = projects.map(({ id }, index) => {
    return { ...common(index), id, name: `p${index}`, cloud: 'aws', self_hosted: false, status: 'active' };
  });
  const databaseRows = projects.flatMap(({ id, databaseIds }, index) =>
    databaseIds.map((databaseId) => ({ ...DATABASE, ...common(index), id: databaseId, project_id: id })),
  );
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { search_path: 'headgate' } });
  try {
    for (const rows of chunks(projectRows)) await sql`insert into projects ${sql(rows)}`;
    for (const rows of chunks(databaseRows)) await sql`insert into databases ${sql(rows)}`;
    await sql`vacuum analyze`;
  } finally {
    await sql.end();
  }
  return projects;
}

function chunks<T>(rows: readonly T[]): T[][] {
  const count = Math.ceil(rows.length / ROWS_PER_INSERT);
  return Array.from({ length: count }, (_, index) =>
    rows.slice(index * ROWS_PER_INSERT, (index + 1) * ROWS_PER_INSERT),
  );
}

async function pathsOf(
  server: ServerUnderLoad,
  projects: readonly SeededProject[],
  token: string,
): Promise<Filled['paths']> {
  // The small service has no more projects: a page is to be of one size in both.
  const list = `/v1/projects?org_id=${ORGANIZATION}&page_size=${SMALL_PROJECTS}`;
  const deep = await pageTokens(server, `/v1/projects?org_id=${ORGANIZATION}&page_size=100`, token);
  const project = () => any(projects);
  return {
    'get a database': () => {
      const { id, databaseIds } = project();
      return `/v1/projects/${id}/databases/${any(databaseIds)}`;
    },
    'get a project': () => `/v1/projects/${project().id}`,
    'a page of databases': () => `/v1/projects/${project().id}/databases`,
    'first page of projects': () => list,
    'projects by name': () => `${list}&sort_by=name`,
    'a deep page of projects': () => (deep.length === 0 ? list : `${list}&page_token=${any(deep)}`),
  };
}

/** The tokens of all later pages, by walking the list to its end. */
async function pageTokens({ url }: ServerUnderLoad, path: string, token: string): Promise<string[]> {
  const tokens: string[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const response = await fetch(`${url}${path}${next === '' ? '' : `&page_token=${next}`}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    next = ((await response.json()) as ProjectList | DatabaseList).next_page_token;
    if (next !== undefined) tokens.push(next);
  }
  return tokens;
}

interface Sending {
  readonly kind: string;
  readonly token: string;
  readonly count: number;
}

/** Sends a request to each service in turn, over a few connections, and returns how long each took, by service. */
async function sendInTurn(services: readonly Filled[], { kind, token, count }: Sending): Promise<number[][]> {
  const durations = services.map((): number[] => []);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      for (const [index, { server, paths }] of services.entries()) {
        const startedAt = performance.now();
        await send(agent, `${server.url}${paths[kind]?.() ?? ''}`, token);
        durations[index]?.push(performance.now() - startedAt);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
  return durations;
}

async function send(agent: Agent, url: string, token: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} was answered ${response.statusCode}`));
      response.resume().once('end', resolve).once('error', reject);
    })
      .once('error', reject)
      .end();
  });
}

function p99(durations: readonly number[]): number {
  return durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.99)] ?? 0;
}

function any<T>(list: readonly T[]): T {
  const item = list[Math.floor(Math.random() * list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
