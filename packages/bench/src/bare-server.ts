/**
 * The barest program that does the same work: node:http and postgres.js, without a token, a tenant, a check or a log.
 * A GET selects one row; a POST puts the same three rows in one transaction.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@headgate/schema';
import postgres from 'postgres';
import { DATABASE } from './seed.ts';

interface Input {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly username: string;
}

const MAX_CONNECTIONS = 10;
const DAY_MS = 86_400_000;

const [, , url = ''] = process.argv;
const sql = postgres(url, { max: MAX_CONNECTIONS, connection: { search_path: 'headgate' } });

/** A program that knows nothing of tenants knows whose a project is: read once, not per request. */
const organizations = new Map(
  (await sql<{ id: string; org_id: string }[]>`select id, org_id from projects`).map((row) => [
    row.id,
    row.org_id,
  ]),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isRead = request.method === 'GET';
  const body = JSON.stringify(await (isRead ? read(request) : write(request)));
  response.writeHead(isRead ? 200 : 201, { 'content-type': 'application/json' }).end(body);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(500).end());
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

async function read(request: IncomingMessage): Promise<unknown> {
  const path = request.url ?? '';
  const id = path.slice(path.lastIndexOf('/') + 1);
  const [row] = await sql`select * from databases where id = ${id}`;
  return row;
}

async function write(request: IncomingMessage): Promise<unknown> {
  const now = new Date();
  const row = newRow(request.url?.split('/')[3] ?? '', await readBody(request), now);
  await sql.begin(async (tx) => {
    await tx`insert into databases ${tx(row)}`;
    await tx`insert into audit_entries ${tx(auditOf(row, now))}`;
    await tx`insert into idempotency_records ${tx(recordOf(row, String(request.headers['idempotency-key']), now))}`;
  });
  return row;
}

async function readBody(request: IncomingMessage): Promise<Input> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Input;
}

function newRow(projectId: string, { host, port, name, username }: Input, now: Date) {
  const ids = {
    id: newId('db') as string,
    project_id: projectId,
    org_id: organizations.get(projectId) ?? '',
  };
  return {
    ...DATABASE,
    ...ids,
    ...{ host, port, name, username },
    version: 1,
    created_at: now,
    updated_at: now,
  };
}

type Row = ReturnType<typeof newRow>;

function auditOf(row: Row, now: Date) {
  return {
    id: newId('aud') as string,
    org_id: row.org_id,
    project_id: row.project_id,
    actor_kind: 'user',
    actor_id: 'user',
    action: 'database.create',
    resource_kind: 'database',
    resource_id: row.id,
    after: JSON.stringify(row),
    request_id: crypto.randomUUID(),
    created_at: now,
  };
}

function recordOf(row: Row, key: string, now: Date) {
  return {
    actor_kind: 'user',
    actor_id: 'user',
    key,
    org_id: row.org_id,
    operation: 'database.create',
    fingerprint: 'x'.repeat(60),
    answer: JSON.stringify(row),
    created_at: now,
    expires_at: new Date(now.getTime() + DAY_MS),
  };
}
