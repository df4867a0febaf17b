import { generateId } from 'better-auth';
import { sql } from 'kysely';
import type { Auth } from './auth.ts';
import type { Database } from './database.ts';
import type { Logger } from './log.ts';

/** "identity.demo" as a number: the advisory lock that makes instances create the demo one after the other. */
const DEMO_LOCK = 7_166_003;
const DEMO_NAME = 'Demo';
const DEMO_SLUG = 'demo';

/** What the demo is made with. */
export interface DemoDeps {
  readonly auth: Auth;
  readonly db: Database;
  readonly logger: Logger;
}

/**
 * Makes the demo user, its organization and its ownership of it, as far as they are missing, in one transaction.
 *
 * The password follows the configuration: when it differs from the stored one it is replaced, and sessions end.
 */
export async function ensureDemo(deps: DemoDeps, demo: { email: string; password: string }): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${DEMO_LOCK})`.execute(trx);
    const userId = await ensureUser(trx, demo.email);
    await ensurePassword(deps.auth, trx, userId, demo.password);
    await ensureOrganization(deps.logger, trx, userId);
  });
}

async function ensureUser(db: Database, email: string): Promise<string> {
  const found = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst();
  if (found !== undefined) return found.id;
  const id = generateId();
  const now = new Date();
  await db
    .insertInto('user')
    .values({ id, email, name: DEMO_NAME, emailVerified: false, createdAt: now, updatedAt: now })
    .execute();
  return id;
}

async function ensurePassword(auth: Auth, db: Database, userId: string, password: string): Promise<void> {
  const { password: passwords } = await auth.$context;
  const account = await db
    .selectFrom('account')
    .select(['id', 'password'])
    .where('userId', '=', userId)
    .where('providerId', '=', 'credential')
    .executeTakeFirst();
  if (account?.password && (await passwords.verify({ hash: account.password, password }))) return;
  const hash = await passwords.hash(password);
  const now = new Date();
  if (account === undefined) {
    const row = { id: generateId(), userId, accountId: userId, providerId: 'credential' };
    await db
      .insertInto('account')
      .values({ ...row, password: hash, createdAt: now, updatedAt: now })
      .execute();
    return;
  }
  await db
    .updateTable('account')
    .set({ password: hash, updatedAt: now })
    .where('id', '=', account.id)
    .execute();
  await db.deleteFrom('session').where('userId', '=', userId).execute();
}

/** A stranger's organization that already bears the slug stays the stranger's. */
async function ensureOrganization(logger: Logger, db: Database, userId: string): Promise<void> {
  const found = await db
    .selectFrom('organization')
    .leftJoin('member', (join) =>
      join.onRef('member.organizationId', '=', 'organization.id').on('member.userId', '=', userId),
    )
    .select('member.id as memberId')
    .where('organization.slug', '=', DEMO_SLUG)
    .executeTakeFirst();
  if (found !== undefined) {
    if (found.memberId === null)
      logger.warn({ slug: DEMO_SLUG }, 'demo organization not made: the slug is taken');
    return;
  }
  const organizationId = generateId();
  const createdAt = new Date();
  await db
    .insertInto('organization')
    .values({ id: organizationId, name: DEMO_NAME, slug: DEMO_SLUG, createdAt })
    .execute();
  await db
    .insertInto('member')
    .values({ id: generateId(), organizationId, userId, role: 'owner', createdAt })
    .execute();
}
