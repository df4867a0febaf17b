import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/config/index.ts';
import { call, createWorld, type World } from './program.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** On a machine that does other things too. */
const SLOW = { timeout: 30_000 };
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const dockerfile = read('infra/Dockerfile');
/** What the image is; the stage before it is gone. */
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

interface Service {
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly build?: object;
  readonly environment?: Record<string, string>;
  readonly env_file?: (string | { path: string })[];
  readonly networks: string[];
  readonly ports?: string[];
  readonly command?: string[];
}
const { services } = parse(withDefaults(read('infra/compose.yaml')), { merge: true }) as {
  services: Record<string, Service>;
};
const environmentOf = (name: string) => services[name]?.environment ?? {};

/** As compose reads it when none of its own variables is set: from the innermost `${NAME:-default}` outwards. */
function withDefaults(text: string): string {
  const replaced = text.replaceAll(/\$\{\w+:-([^${}]*)\}/g, '$1');
  return replaced === text ? text : withDefaults(replaced);
}

/** `ENV` of the image, which every container of it has. */
const image = Object.fromEntries(
  [...lastStage.matchAll(/^(?:ENV|) +([A-Z_]+)=(\S+)/gm)].map(([, name = '', value = '']) => [name, value]),
);

describe('the image', () => {
  test('runs the API with the flags of the start command', () => {
    const { scripts } = JSON.parse(read('apps/api/package.json')) as { scripts: { start: string } };
    const flags = scripts.start.split(' ').filter((word) => word.startsWith('--'));
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
    expect(command).toEqual([...flags, 'apps/api/src/main.ts']);
  });

  test('has the Node that everything is tested with, and is installed by the same pnpm', () => {
    const { catalog } = parse(read('pnpm-workspace.yaml')) as { catalog: { node: string } };
    const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
    expect(dockerfile).toContain(`node:${catalog.node}-`);
    const installers = new Set(dockerfile.match(/pnpm@[\d.]+/g));
    expect([...installers]).toEqual([packageManager]);
  });

  test('exposes the ports that it listens on', () => {
    const exposed = /^EXPOSE (.*)$/m.exec(dockerfile)?.[1]?.split(' ');
    expect(exposed).toEqual([image['PORT'], image['IDENTITY_PORT'], image['METRICS_PORT']]);
  });
});

describe('the compose file', () => {
  test('runs every service without root, without capabilities and on a root file system that is read only', () => {
    for (const [name, service] of Object.entries(services)) {
      const { user = /^USER (.*)$/m.exec(dockerfile)?.[1] } = service;
      expect(user, name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  test('says no secret, and publishes nothing but TLS beyond this machine', () => {
    for (const { environment = {}, ports = [] } of Object.values(services)) {
      const secrets = Object.keys(environment).filter((name) =>
        /PASSWORD|SECRET|VAULT_KEYS|DATABASE_URL/.test(name),
      );
      expect(secrets.filter((name) => !name.endsWith('_FILE'))).toEqual([]);
      expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    }
  });

  test('lets nobody reach PostgreSQL but who needs it', () => {
    const reaching = Object.keys(services).filter((name) => services[name]?.networks.includes('metadata'));
    expect(reaching.toSorted()).toEqual(['api', 'identity', 'postgres']);
    expect(services['postgres']?.networks).toEqual(['metadata']);
  });

  test('sets variables that there are', () => {
    const known = new Set<string>();
    const note = (_: object, name: string) => {
      known.add(name);
      // Without a port there are no metrics, and nobody asks where.
      return name === 'METRICS_PORT' ? '0' : undefined;
    };
    readConfig(new Proxy({}, { get: note as never }), '/nonexistent');
    // What Node itself reads.
    const ofNode = ['NODE_EXTRA_CA_CERTS', 'NODE_ENV'];
    const ofApi = Object.keys({ ...image, ...environmentOf('api') });
    expect(ofApi.filter((name) => !known.has(name) && !ofNode.includes(name))).toEqual([]);
    const ofIdentity = [...read('apps/identity/src/config.ts').matchAll(/^ {2}([A-Z_]+): /gm)].map(
      ([, name]) => name,
    );
    expect(Object.keys(environmentOf('identity')).filter((name) => !ofIdentity.includes(name))).toEqual([]);
  });

  test('has the API believe the tokens that the identity service signs', () => {
    const [api, identity] = [environmentOf('api'), environmentOf('identity')];
    expect(api['AUTH_ISSUER']).toBe(identity['IDENTITY_URL']);
    expect(api['AUTH_AUDIENCE']).toBe(identity['AUTH_AUDIENCE']);
    expect(read('apps/identity/src/routes.ts')).toContain(new URL(api['AUTH_JWKS_URL']!).pathname);
  });

  test('leads the proxy and Prometheus to the ports that are listened on', () => {
    const proxy = read('infra/haproxy.cfg');
    expect(proxy).toMatch(new RegExp(`server-template .* api:${image['PORT']}\n`));
    expect(proxy).toMatch(new RegExp(`server-template .* identity:${image['IDENTITY_PORT']}\n`));
    expect(read('infra/prometheus.yaml')).toContain(`names: [api], type: A, port: ${image['METRICS_PORT']}`);
  });
});

describe('init-secrets.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-infra-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('makes secrets that both services accept, which no other user can read, and makes none twice', async (context) => {
    context.skip(!isInstalled('openssl'), 'needs the program openssl');
    cpSync(join(ROOT, 'infra/init-secrets.sh'), join(folder, 'init-secrets.sh'));
    const init = async () => await promisify(execFile)('bash', [join(folder, 'init-secrets.sh')]);
    await init();
    const secrets = join(folder, 'secrets');
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    const envOf = (name: string) => {
      expect(statSync(join(secrets, name)).mode & 0o777).toBe(0o600);
      const lines = readFileSync(join(secrets, name), 'utf8').trim().split('\n');
      return Object.fromEntries(
        lines.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]),
      );
    };
    const config = readConfig({ ...image, ...environmentOf('api'), ...envOf('api.env') }, '/nonexistent');
    expect(config.databaseUrl).toMatch(
      /^postgresql:\/\/headgate_owner:[0-9a-f]{48}@postgres:5432\/headgate$/,
    );
    expect(config.metrics?.port).toBe(Number(image['METRICS_PORT']));
    const identity = envOf('identity.env');
    expect(identity['DATABASE_URL']).toMatch(
      /^postgresql:\/\/headgate_identity:[0-9a-f]{48}@postgres:5432\/identity$/,
    );
    expect(identity['IDENTITY_SECRET']).toMatch(/^[\w-]{64}$/);

    const before = readdirSync(secrets).map((name) => readFileSync(join(secrets, name), 'utf8'));
    await expect(init()).rejects.toMatchObject({ code: 1 });
    expect(readdirSync(secrets).map((name) => readFileSync(join(secrets, name), 'utf8'))).toEqual(before);
    expect(readdirSync(folder).toSorted()).toEqual(['init-secrets.sh', 'secrets']);
  });
});

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the alerts', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(async () => await world.close());

  test('ask for metrics and jobs that there are', async () => {
    const { groups } = parse(read('infra/alerts.yaml')) as { groups: { rules: { expr: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules.map(({ expr }) => expr)).join('\n');
    const wanted = new Set(rules.match(/headgate_[a-z_]+/g)?.map((name) => name.replace(/_bucket$/, '')));
    expect(wanted.size).toBeGreaterThan(10);

    // Some are there only where instances count together, and once the keys of the issuer were fetched.
    const program = world.run({ env: { METRICS_PORT: '0', RATE_LIMIT_STORE: 'postgres' } });
    const url = await program.url();
    await call(`${url}/v1/organizations`, { method: 'GET', token: world.organization.owner.token });
    const origin = String(program.log().find(({ msg }) => msg === 'metrics listening')?.['origin']);
    const jobs = [...rules.matchAll(/job="([^"]+)", outcome/g)].map(([, job]) => `job="${job}",outcome="ok"`);
    expect(jobs.length).toBeGreaterThan(1);
    await expect
      .poll(async () => {
        const metrics = await (await fetch(`${origin}/metrics`)).text();
        const names = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
        return [
          ...[...wanted].filter((name) => !names.has(name)),
          ...jobs.filter((job) => !metrics.includes(job)),
        ];
      }, SLOW)
      .toEqual([]);
    program.signal('SIGTERM');
    await program.ended;
  });
});
