import type { Hono } from 'hono';
import { sql } from 'kysely';
import { createApp } from './app.ts';
import { authOptions, createAuth, type Auth } from './auth.ts';
import type { Config } from './config.ts';
import { openDatabase, type Database } from './database.ts';
import { ensureDemo } from './demo.ts';
import type { ShellEnv } from './errors.ts';
import { ensureSigningKey } from './keys.ts';
import type { Logger } from './log.ts';
import { isMigrated, migrate } from './migrate.ts';
import { jwtOptions } from './tokens.ts';

/** The parts of one instance, put together over its database. */
export interface Service {
  readonly app: Hono<ShellEnv>;
  readonly auth: Auth;
  readonly db: Database;
  readonly close: () => Promise<void>;
}

/** Opens the database, migrates it, and makes what must exist there: a signing key and the demo. */
export async function openService(config: Config, logger: Logger): Promise<Service> {
  const { db, close } = openDatabase(config.databaseUrl);
  try {
    const options = authOptions({ config, db, logger });
    const auth = createAuth({ config, db, logger });
    const isReady = createReadiness(db, () => isMigrated(db, options));
    if (config.migrateOnStart) await migrate(db, options);
    if (await isReady()) await prepare(auth, db, config, logger);
    else logger.warn('the database is not migrated and MIGRATE_ON_START is false: /readyz answers 503');
    return { app: createApp({ auth, config, db, logger, isReady }), auth, db, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(auth: Auth, db: Database, config: Config, logger: Logger): Promise<void> {
  await ensureSigningKey(auth, jwtOptions(config, db));
  if (config.demo !== null) await ensureDemo({ auth, db, logger }, config.demo);
}

/** Tables do not go away once they are there, so after the first yes only the connection is asked about. */
function createReadiness(db: Database, migrated: () => Promise<boolean>): () => Promise<boolean> {
  let known = false;
  return async () => {
    if (known) await sql`select 1`.execute(db);
    else known = await migrated();
    return known;
  };
}
