import { Agent } from 'node:http';
import { generateVaultKeys } from '@headgate/core';
import postgres from 'postgres';
import { startHeadgate, type ServerUnderLoad } from '../servers.ts';
import type { Stage } from '../stage.ts';
import { ask, pageTokens, type Asked } from './ask.ts';
import { fill } from './fill.ts';
import { PAGE_SIZE, type Service } from './kinds.ts';
import { CROWDED, ORGANIZATION, idAt, layoutOf } from './layout.ts';

const TOKEN_TTL_SECONDS = 3_600;
const USER = 'user_growth';
/** The largest page that there is: whoever walks through a list takes the fewest steps. */
const STRIDE = 100;
/** The list of projects of the smallest service is walked through in as many steps at least. */
const MIN_STEPS = 5;

/** A service that is full, with its process, its database and the keys of its vault. */
export interface Filled extends Service {
  readonly server: ServerUnderLoad;
  readonly databaseUrl: string;
  readonly vaultKeys: string;
}

/** Starts a service and fills it with so many databases. */
export async function startFilled(
  { databaseUrl: urlOf, issuer, keep }: Stage,
  databases: number,
): Promise<Filled> {
  const databaseUrl = await urlOf(`growth_${databases}`);
  const vaultKeys = generateVaultKeys(new Date());
  const server = keep(await startHeadgate(databaseUrl, issuer, { vaultKeys }));
  const layout = layoutOf(databases);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await fill(sql, layout);
  } finally {
    await sql.end();
  }
  const organizations = [{ id: ORGANIZATION, name: 'Growth', slug: 'growth', role: 'owner' }];
  const token = await issuer.token({
    ...{ subject: USER, organizations },
    expiresInSeconds: TOKEN_TTL_SECONDS,
  });
  const { url } = server;
  const deep = async (path: string, count: number, stride: number) => {
    const tokens = await pageTokens(url, { method: 'GET', path, credential: token }, stride);
    // All pages are to be of one size: the last ones have fewer items behind them.
    return tokens.slice(0, Math.floor((count - PAGE_SIZE) / stride));
  };
  const projectStride = Math.min(STRIDE, Math.floor(layout.projects / MIN_STEPS));
  const crowd = databases / layout.crowdedEvery;
  return {
    ...{ server, url, databaseUrl, layout, token, vaultKeys },
    apiKey: await makeKey(url, token),
    deep: {
      databases: await deep(`/v1/projects/${idAt('prj', CROWDED)}/databases`, crowd, STRIDE),
      projects: await deep(`/v1/projects?org_id=${ORGANIZATION}`, layout.projects, projectStride),
    },
  };
}

async function makeKey(url: string, token: string): Promise<string> {
  const agent = new Agent();
  const asked: Asked = {
    method: 'POST',
    path: `/v1/organizations/${ORGANIZATION}/api-keys`,
    credential: token,
    body: { name: 'growth', scopes: ['projects:read', 'databases:read'] },
  };
  return (JSON.parse(await ask(agent, url, asked)) as { api_key: string }).api_key;
}
