/** The client of packages/sdk, with a record of which operations of openapi.yaml it has called, and a breakable wire. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  createHeadgateClient,
  type components,
  type HeadgateClient,
  type HeadgateOptions,
} from '@headgate/sdk';
import { databaseInput, type DatabaseInput } from '@headgate/testing';
import { parse } from 'yaml';
import { checkAgainstContract } from './contract.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
}

const document = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8')) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { operationId }]) =>
    operationId === undefined
      ? []
      : [{ operationId, method: method.toUpperCase(), pattern: patternOf(path) }],
  ),
);

/** The operations of the committed document. */
export const OPERATION_IDS = operations.map(({ operationId }) => operationId);

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}

type Registration = components['schemas']['CreateDatabaseRequest'] &
  Pick<DatabaseInput, 'host' | 'port' | 'name' | 'username' | 'password'>;

/** A database as a customer of the client describes it, with a password of its own. */
export function registration(over: Partial<Registration> = {}): Registration {
  const { host, port, name, username, password } = databaseInput();
  return { host, port, name, username, password, ...over };
}

export interface Recorder {
  /** The operations that have answered a success. */
  readonly succeeded: ReadonlySet<string>;
  /** What answers broke of the contract. */
  readonly breaches: unknown[];
  /** A client that takes part in the record, and waits as long as `sleep` does: not at all unless it is given. */
  readonly client: (baseUrl: string, token: string, over?: Partial<HeadgateOptions>) => HeadgateClient;
}

export function createRecorder(): Recorder {
  const succeeded = new Set<string>();
  const breaches: unknown[] = [];
  const recording = async (request: Request): Promise<Response> => {
    const { method, url } = request;
    const { pathname } = new URL(url);
    const response = await fetch(request);
    const { status, headers } = response;
    const text = await response.clone().text();
    const isJson = headers.get('Content-Type')?.startsWith('application/json') === true;
    try {
      const body: unknown = isJson ? JSON.parse(text) : undefined;
      checkAgainstContract(method, pathname, { status, headers, text, body });
    } catch (error) {
      // Thrown here, it would be a connection that failed, and be tried again.
      breaches.push(error);
    }
    const operation = operations.find((each) => each.method === method && each.pattern.test(pathname));
    if (response.ok && operation !== undefined) succeeded.add(operation.operationId);
    return response;
  };
  return {
    ...{ succeeded, breaches },
    client: (baseUrl, token, over = {}) => {
      const options = { baseUrl, fetch: recording, sleep: async () => {}, ...over };
      return createHeadgateClient({ ...options, token } as HeadgateOptions);
    },
  };
}

export interface CuttingProxy {
  readonly url: string;
  /** From now on, lets a request through and hangs up when its answer comes, this often. */
  readonly cut: (times: number) => void;
  readonly cuts: () => number;
  readonly close: () => Promise<void>;
}

/** A TCP proxy in front of a service, which can lose answers to requests that have been carried out. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let [toCut, done] = [0, 0];
  const keep = (socket: Socket) => {
    open.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    const far = keep(connect(Number(port), hostname));
    near.pipe(far);
    far.on('data', (chunk) => {
      if (toCut === 0) {
        near.write(chunk);
        return;
      }
      toCut -= 1;
      done += 1;
      near.destroy();
      far.destroy();
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: (times) => {
      [toCut, done] = [times, 0];
    },
    cuts: () => done,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
