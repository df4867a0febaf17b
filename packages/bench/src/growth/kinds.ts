/** The kinds of requests that are compared, each as a line of requests to one service. */
import { createChance, type Chance } from '../prove/chance.ts';
import type { Asked, Line } from './ask.ts';
import { RARE_ACTION } from './fill.ts';
import {
  CROWDED,
  ORGANIZATION,
  idAt,
  projectOf,
  replicatedDatabase,
  replicatedDatabases,
  type Layout,
} from './layout.ts';

/** A service that is full, and what is known of it. */
export interface Service {
  readonly url: string;
  readonly layout: Layout;
  /** The token of the owner, and an API key of theirs. */
  readonly token: string;
  readonly apiKey: string;
  /** The tokens of pages that lie deep in a list. */
  readonly deep: { readonly databases: readonly string[]; readonly projects: readonly string[] };
}

export interface Kind {
  readonly name: string;
  readonly line: (service: Service) => Line;
  /** Writes wait for the disk, whose slowest hundredth has nothing to do with growth; the middle is held. */
  readonly isWrite?: boolean;
  /** Counts what there is, and so takes longer the more there is; people ask for it, with no other request. */
  readonly isCount?: boolean;
}

/** As many as every list in the smallest service has behind the pages that are asked for. */
export const PAGE_SIZE = 10;
const NEW_DATABASE = {
  ...{ host: 'db.example.com', port: 5432, name: 'mydb' },
  ...{ username: 'myuser', password: 'pa$$word' },
};
const POOL_SIZES = 190;
const SEED = 7;

/** What a line of reads asks for each time. */
type Ask = (service: Service, chance: Chance) => string;

function read(name: string, path: Ask, only: Pick<Kind, 'isCount'> = {}): Kind {
  return { name, ...only, line: (service) => reads(service, path, service.token) };
}

function reads(service: Service, path: Ask, credential: string): Line {
  const chance = createChance(SEED);
  return { url: service.url, next: () => ({ method: 'GET', credential, path: path(service, chance) }) };
}

const databasePath: Ask = ({ layout }, chance) => {
  const index = chance.below(layout.databases);
  return `${projectPath(projectOf(layout, index))}/databases/${idAt('db', index)}`;
};
const projectPath = (index: number) => `/v1/projects/${idAt('prj', index)}`;
const anyProject: Ask = ({ layout }, chance) => projectPath(1 + chance.below(layout.projects));
const projects = `/v1/projects?org_id=${ORGANIZATION}&page_size=${PAGE_SIZE}`;
const crowd = `${projectPath(CROWDED)}/databases?page_size=${PAGE_SIZE}`;
const log = `/v1/organizations/${ORGANIZATION}/audit-log`;

const READS: readonly Kind[] = [
  read('get a database', databasePath),
  {
    name: 'get a database by key',
    line: (service) => reads(service, databasePath, service.apiKey),
  },
  read('get a project', anyProject),
  read('page of databases', (service, chance) => `${anyProject(service, chance)}/databases`),
  read('deep page of databases', ({ deep }, chance) => `${crowd}&page_token=${chance.pick(deep.databases)}`),
  read('page of projects', () => projects),
  read('page of projects by name', () => `${projects}&sort_by=name`),
  read('deep page of projects', ({ deep }, chance) => `${projects}&page_token=${chance.pick(deep.projects)}`),
  read('replicas of a database', ({ layout }, chance) => {
    const index = replicatedDatabase(chance.below(replicatedDatabases(layout)));
    return `/v1/databases/${idAt('db', index)}/replicas`;
  }),
  read('audit log', () => log),
  read('audit log of an action', () => `${log}?action=${RARE_ACTION}&page_size=${PAGE_SIZE}`),
  read('audit log of a database', ({ layout }, chance) => {
    return `${log}?resource_id=${idAt('db', chance.below(layout.databases))}`;
  }),
  read('audit log of a project', (service, chance) => `${anyProject(service, chance)}/audit-log`),
  read('limits of an organization', () => `/v1/organizations/${ORGANIZATION}/limits`, { isCount: true }),
];

/** What is made is changed and deleted again, so that no service grows by more than this, and none by more than another. */
function writes(): readonly Kind[] {
  const made = new Map<Service, string[]>();
  const madeIn = (service: Service): string[] => {
    const paths = made.get(service) ?? [];
    made.set(service, paths);
    return paths;
  };
  const write = (
    name: string,
    next: (service: Service, chance: Chance) => Omit<Asked, 'credential'>,
  ): Kind => ({
    ...{ name, isWrite: true },
    line: (service) => {
      const chance = createChance(SEED);
      return {
        url: service.url,
        next: () => ({ credential: service.token, ...next(service, chance) }),
        hear: (answer) => {
          if (name !== CREATE) return;
          const { id, project_id: projectId } = JSON.parse(answer) as { id: string; project_id: string };
          madeIn(service).push(`/v1/projects/${projectId}/databases/${id}`);
        },
      };
    },
  });
  return [
    write(CREATE, (service, chance) => {
      return { method: 'POST', path: `${anyProject(service, chance)}/databases`, body: NEW_DATABASE };
    }),
    write('change a database', (service, chance) => {
      const body = { pool_config: { pool_size: 1 + chance.below(POOL_SIZES) } };
      return { method: 'PATCH', path: chance.pick(madeIn(service)), body };
    }),
    write('delete a database', (service) => {
      const path = madeIn(service).pop();
      if (path === undefined) throw new Error('more is deleted than was made');
      return { method: 'DELETE', path };
    }),
  ];
}

const CREATE = 'create a database';

/** In the order in which they are measured. */
export function kindsOfRequests(): readonly Kind[] {
  return [...READS, ...writes()];
}
