/** What a service holds that has so many databases: one organization, as large as any. */

export const ORGANIZATION = 'org_growth';
/** The number of the project that holds thousands. */
export const CROWDED = 0;
/** The most databases of one project, five times as many as it may have by default. */
const MAX_CROWD = 5_000;
const DATABASES_PER_PROJECT = 20;
/** Of so many databases, the second one has replicas. */
const REPLICATED_EVERY = 20;
export const REPLICAS_PER_DATABASE = 3;

/** Where everything is, told by its number, so that nobody has to read a hundred thousand ids back. */
export interface Layout {
  readonly databases: number;
  /** The first project holds every so many-th database, the others hold the rest in turn: what is one's lies apart. */
  readonly crowdedEvery: number;
  /** Beside the crowded one. */
  readonly projects: number;
}

export function layoutOf(databases: number): Layout {
  const crowd = Math.min(databases / 2, MAX_CROWD);
  return {
    databases,
    crowdedEvery: databases / crowd,
    projects: Math.floor((databases - crowd) / DATABASES_PER_PROJECT),
  };
}

/** An id of this kind for this number. Like those of UUIDv7, later ones sort later. */
export function idAt(kind: 'prj' | 'db', index: number): string {
  return `${kind}_${String(index).padStart(26, '0')}`;
}

export function projectOf({ crowdedEvery, projects }: Layout, database: number): number {
  if (database % crowdedEvery === 0) return CROWDED;
  return 1 + ((database - Math.floor(database / crowdedEvery) - 1) % projects);
}

/** The number of a database with replicas. */
export function replicatedDatabase(index: number): number {
  return index * REPLICATED_EVERY + 1;
}

export function replicatedDatabases({ databases }: Layout): number {
  return Math.floor(databases / REPLICATED_EVERY);
}

/** The same as SQL, of a number in `i`. */
export const IN_SQL = {
  id: (kind: string, index = 'i') => `'${kind}_' || lpad((${index})::text, 26, '0')`,
  projectOf: ({ crowdedEvery, projects }: Layout, database = 'i') =>
    `case when (${database}) % ${crowdedEvery} = 0 then ${CROWDED}
      else 1 + ((${database}) - (${database}) / ${crowdedEvery} - 1) % ${projects} end`,
  replicatedDatabase: `i * ${REPLICATED_EVERY} + 1`,
} as const;
