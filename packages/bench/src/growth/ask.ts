/** Asks several services the same in turn, so that whatever slows the machine slows all of them. */
import { Agent, request } from 'node:http';

/** One request. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly credential: string;
  readonly body?: object;
}

/** Something that can be asked again and again, each time for something else. */
export interface Line {
  readonly url: string;
  readonly next: () => Asked;
  /** Learns what was answered. */
  readonly hear?: (answer: string) => void;
}

const CONNECTIONS = 4;

/** One request that was answered: when it was sent, as performance.now() tells it, and how long it took. */
export interface Sample {
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Sends so many requests along each line, in turn. @returns how long each took in ms, by line */
export async function askInTurn(lines: readonly Line[], count: number): Promise<number[][]> {
  let left = count;
  const samples = await askWhile(lines, () => left-- > 0);
  return samples.map((line) => line.map(({ durationMs }) => durationMs));
}

/** Sends a request along each line in turn for as long as it is to go on, over a few connections. */
export async function askWhile(lines: readonly Line[], goesOn: () => boolean): Promise<Sample[][]> {
  const samples = lines.map((): Sample[] => []);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const worker = async () => {
    while (goesOn()) {
      for (const [index, line] of lines.entries()) {
        const asked = line.next();
        const startedAt = performance.now();
        const answer = await ask(agent, line.url, asked);
        samples[index]?.push({ startedAt, durationMs: performance.now() - startedAt });
        line.hear?.(answer);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  } finally {
    agent.destroy();
  }
  return samples;
}

/** @throws Error when the answer is not a success: a figure of a refusal would be worth nothing */
export async function ask(
  agent: Agent,
  url: string,
  { method, path, credential, body }: Asked,
): Promise<string> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${credential}`,
    ...(method === 'POST' && { 'idempotency-key': crypto.randomUUID() }),
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
  };
  return await new Promise<string>((resolve, reject) => {
    request(`${url}${path}`, { agent, method, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      response.once('error', reject).once('end', () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(answer);
        else reject(new Error(`${method} ${path} was answered ${status}: ${answer}`));
      });
    })
      .once('error', reject)
      .end(text);
  });
}

/** Walks through a list. @returns the tokens of all pages but the first */
export async function pageTokens(url: string, first: Asked, pageSize: number): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tokens: string[] = [];
  try {
    for (let token: string | undefined = ''; token !== undefined;) {
      const from = token === '' ? '' : `&page_token=${token}`;
      const path = `${first.path}${first.path.includes('?') ? '&' : '?'}page_size=${pageSize}${from}`;
      const page = JSON.parse(await ask(agent, url, { ...first, path })) as { next_page_token?: string };
      token = page.next_page_token;
      if (token !== undefined) tokens.push(token);
    }
  } finally {
    agent.destroy();
  }
  return tokens;
}
