/** What the first person sees: a demo project of a demo organization, and requests to paste. */
import { z } from 'zod';
import { newSecret, type DataDir } from './data-dir.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const EMAIL = 'demo@example.com';
const PROJECT_NAME = 'demo';

export interface DemoAccount {
  readonly email: string;
  readonly password: string;
}

const Account = z.object({ email: z.string(), password: z.string() });

/** The demo user's account, with a password of this installation's own. */
export async function readDemoAccount(dataDir: DataDir): Promise<DemoAccount> {
  const text = await dataDir.keep('demo-account.json', () =>
    JSON.stringify({ email: EMAIL, password: newSecret() }, null, 2),
  );
  return Account.parse(JSON.parse(text));
}

const Token = z.object({ token: z.string() });
const Organizations = z.tuple([z.object({ id: z.string() })], z.unknown());
const Projects = z.object({ projects: z.array(z.object({ id: z.string(), name: z.string() })) });
const Created = z.object({ project: z.object({ id: z.string() }) });

/** Signs in as the demo user, through the front door, and makes the demo project if it is not there. */
export async function prepareDemo(apiUrl: string, identityUrl: string, account: DemoAccount) {
  const session = Token.parse(await request(`${identityUrl}/auth/sign-in/email`, { body: account }));
  const { token } = Token.parse(await request(`${identityUrl}/auth/token`, { token: session.token }));
  const [organization] = Organizations.parse(organizationsOf(token));
  const found = Projects.parse(
    await request(`${apiUrl}/v1/projects?org_id=${encodeURIComponent(organization.id)}&sort_by=name`, {
      token,
    }),
  );
  const existing = found.projects.find(({ name }) => name === PROJECT_NAME);
  if (existing !== undefined) return { token, orgId: organization.id, projectId: existing.id };
  const body = { name: PROJECT_NAME, org_id: organization.id };
  const { project } = Created.parse(await request(`${apiUrl}/v1/projects`, { token, body }));
  return { token, orgId: organization.id, projectId: project.id };
}

/** What is printed when all is ready. */
export function demoText(
  urls: { readonly api: string; readonly identity: string },
  demo: { readonly token: string; readonly orgId: string; readonly projectId: string },
): string {
  const body =
    '{"host":"db.example.com","port":5432,"name":"mydb","username":"myuser","password":"pa$$word"}';
  return `
Headgate is ready.

  API       ${urls.api}
  Docs      ${urls.api}/docs
  Identity  ${urls.identity}

A token of the demo user, for one hour (the next start prints another), and the demo organization:

export TOKEN=${demo.token}
export ORG=${demo.orgId}

Register a database:

curl -s ${urls.api}/v1/projects/${demo.projectId}/databases \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '${body}'

Ctrl-C stops it. The state is kept for the next start.
`;
}

interface RequestOptions {
  readonly token?: string;
  readonly body?: object;
}

async function request(url: string, { token, body }: RequestOptions): Promise<unknown> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (!response.ok)
    throw new Error(`${new URL(url).pathname} answered ${response.status} while the demo was prepared`);
  return await response.json();
}

/** The organizations in a token that we have just been given: not verified, since nothing is granted by it here. */
function organizationsOf(token: string): unknown {
  const [, payload = ''] = token.split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return z.object({ orgs: z.unknown() }).parse(claims).orgs;
}
