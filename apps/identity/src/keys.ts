import { generateId } from 'better-auth';
import { createJwk, resolveSigningKey, type Jwk, type JwtOptions } from 'better-auth/plugins/jwt';
import { sql } from 'kysely';
import type { Auth } from './auth.ts';
import { ConfigError } from './config.ts';
import type { Database } from './database.ts';
import { GRACE_SECONDS } from './tokens.ts';

/** "identity.rotate" as a number: the advisory lock that keeps two rotations apart. */
const ROTATION_LOCK = 7_166_002;

/** What becomes of a rotation. */
export interface Rotation {
  readonly kid: string;
  /** Keys that stopped signing and stand in the key set for the grace period. */
  readonly retired: number;
  /** Keys that were past their grace period and are gone. */
  readonly removed: number;
}

/**
 * Makes the first key where there is none, and proves that the secret opens the present one.
 *
 * @throws {ConfigError} when the secret is not the one that the key was encrypted with.
 */
export async function ensureSigningKey(auth: Auth, options: JwtOptions): Promise<void> {
  try {
    await resolveSigningKey(await endpointContext(auth), options);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('Failed to decrypt private key')) throw error;
    throw new ConfigError(
      'IDENTITY_SECRET does not open the signing key in the database: give the secret it was made with, or run rotate-keys',
    );
  }
}

/**
 * Makes a new key, which signs from now on in every instance, and retires the others: they verify for the grace
 * period still. Keys whose grace is over are removed.
 */
export async function rotateKeys(auth: Auth, options: JwtOptions, db: Database): Promise<Rotation> {
  const context = await endpointContext(auth);
  return await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${ROTATION_LOCK})`.execute(trx);
    const created = await createJwk(context, {
      ...options,
      adapter: { createJwk: async (key) => await insertKey(trx, key) },
    });
    const live = trx
      .updateTable('jwks')
      .set({ expiresAt: sql`now()` })
      .where('id', '!=', created.id);
    const retired = await live
      .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', sql<Date>`now()`)]))
      .executeTakeFirst();
    const removed = await trx
      .deleteFrom('jwks')
      .where('expiresAt', '<', sql<Date>`now() - make_interval(secs => ${GRACE_SECONDS})`)
      .executeTakeFirst();
    return {
      kid: created.id,
      retired: Number(retired.numUpdatedRows),
      removed: Number(removed.numDeletedRows),
    };
  });
}

/** The plugin's own insert would leave the transaction, and take a second connection while this one waits for it. */
async function insertKey(trx: Database, key: Omit<Jwk, 'id'>): Promise<Jwk> {
  const row = { ...key, id: generateId() };
  await trx.insertInto('jwks').values(row).execute();
  return row;
}

/** The plugin's functions take an endpoint's context, of which they read only this part. */
async function endpointContext(auth: Auth): Promise<Parameters<typeof createJwk>[0]> {
  return { context: await auth.$context } as Parameters<typeof createJwk>[0];
}
