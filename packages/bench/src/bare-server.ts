/**
 * The barest program that does the same work: node:http and postgres.js, without a token, a tenant, a check or a log.
 * A GET selects one row; a POST puts the same three rows in one transaction.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@headgate/schema';
import postgres from 'postgres';
import { DATABASE } from './seed.ts';

const MAX_CONNECTIONS = 10;

interface Input {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly username: string;
}

/** Listens on a free port of the loopback address, on the database at `url`. */
export function startBare(url: string): void {
  const sql = postgres(url, { max: MAX_CONNECTIONS, connection: { search_path: 'headgate' } });

  async function read(path: string): Promise<unknown> {
    const id = path.slice(path.lastIndexOf('/') + 1);
    const [row] = await sql`select * from databases where id = ${id}`;
    return row;
  }

  async function write(request: IncomingMessage): Promise<unknown> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { host, port, name, username } = JSON.parse(text) as Input;
    const now = new Date();
    const projectId = request.url?.split('/')[3] ?? '';
    const orgId = await organizationOf(projectId);
    const row = { ...DATABASE, id: newId('db'), org_id: orgId, project_id: projectId, host, port, name, username, version: 1, created_at: now, updated_at: now };
    const audit = { id: newId('aud'), org_id: orgId, project_id: projectId, actor_kind: 'user', actor_id: 'user', action: 'database.create', resource_kind: 'database', resource_id: row.id, after: JSON.stringify(row), request_id: crypto.randomUUID(), created_at: now };
    const record = { actor_id: 'user', key: String(request.headers['idempotency-key']), org_id: orgId, operation: 'database.create', fingerprint: 'x'.repeat(60), answer: JSON.stringify(row), created_at: now, expires_at: new Date(now.getTime() + 86_400_000) };
    await sql.begin(async (tx) => {
      await tx`insert into databases ${tx(row)}`;
      await tx`insert into audit_entries ${tx(audit)}`;
      await tx`insert into idempotency_records ${tx(record)}`;
    });
    return row;
  }

  /** Known beforehand to a program that knows nothing of tenants: read once, not per request. */
  const organizations = new Map<string, string>();
  async function organizationOf(projectId: string): Promise<string> {
    const known = organizations.get(projectId);
    if (known !== undefined) return known;
    const [row] = await sql<{ org_id: string }[]>`select org_id from projects where id = ${projectId}`;
    const orgId = row?.org_id ?? '';
    organizations.set(projectId, orgId);
    return orgId;
  }

  const server = createServer((request, response) => {
    const work = request.method === 'GET' ? read(request.url ?? '') : write(request);
    work.then(
      (body) => response.writeHead(request.method === 'GET' ? 200 : 201, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
}

const [, , url] = process.argv;
if (url !== undefined) startBare(url);
