import { newId } from '@headgate/schema';
import type { TestIssuer } from '@headgate/testing/issuer';
import postgres from 'postgres';

const TENANTS = 100;
const DATABASES_PER_TENANT = 100;
const TOKEN_TTL_SECONDS = 6 * 3600;

/** An organization with a project of databases, and a token of its owner. */
export interface SeededTenant {
  readonly orgId: string;
  readonly projectId: string;
  readonly databaseIds: readonly string[];
  readonly token: string;
}

/** Fills the migrated database with tenants, straight into the tables. */
export async function seed(url: string, issuer: TestIssuer): Promise<SeededTenant[]> {
  const tenants = await Promise.all(
    Array.from({ length: TENANTS }, async (_, index) => {
      const orgId = `org_bench_${index}`;
      const organizations = [{ id: orgId, name: `Bench ${index}`, slug: `bench-${index}`, role: 'owner' }];
      const token = await issuer.token({
        subject: `user_${index}`,
        organizations,
        expiresInSeconds: TOKEN_TTL_SECONDS,
      });
      const databaseIds = Array.from({ length: DATABASES_PER_TENANT }, () => newId('db'));
      return { orgId, projectId: newId('prj'), databaseIds, token };
    }),
  );
  const sql = postgres(url, { max: 1, connection: { search_path: 'headgate' } });
  try {
    const now = new Date();
    const common = { version: 1, created_at: now, updated_at: now };
    const projects = tenants.map(({ orgId, projectId }) => {
      return {
        ...common,
        id: projectId,
        org_id: orgId,
        name: 'bench',
        cloud: 'aws',
        self_hosted: false,
        status: 'active',
      };
    });
    await sql`insert into projects ${sql(projects)}`;
    for (const tenant of tenants) {
      const rows = tenant.databaseIds.map((id) => ({
        ...DATABASE,
        ...common,
        id,
        org_id: tenant.orgId,
        project_id: tenant.projectId,
      }));
      await sql`insert into databases ${sql(rows)}`;
    }
    await sql`analyze`;
  } finally {
    await sql.end();
  }
  return tenants;
}

/** The columns of a database as createDatabase fills them, but for its ids and times. */
export const DATABASE = {
  host: 'db.example.com',
  port: 5432,
  name: 'mydb',
  username: 'myuser',
  sealed_password: JSON.stringify({
    ciphertext: 'x'.repeat(24),
    iv: 'x'.repeat(16),
    protected: 'x'.repeat(160),
    tag: 'x'.repeat(22),
    encrypted_key: 'x'.repeat(43),
  }),
  sealing_key_id: 'bench',
  password_id: 'bench',
  ssl_mode: 'verify-full',
  cache_enabled: false,
  cache_ttl_seconds: 60,
  cache_max_entries: 10_000,
  cache_swr_seconds: 30,
  pool_size: 10,
  pool_min_size: 1,
  pool_mode: 'session',
  pool_max_active: 200,
};
