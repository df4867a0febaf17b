/** Node's own CPU profiler in another process, which is asked over the inspector's protocol and knows nothing of it. */

const ENABLE = 'Profiler.enable';

/** Where a frame of a stack stands. Frames of the machine itself have no URL and a name in round brackets. */
export interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** A stack: a frame, and the stacks that were on top of it. */
export interface ProfileNode {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

/** What the profiler gives (Chrome DevTools Protocol, Profiler.Profile): which stack was there at each sample. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** The stack of each sample, by its id. */
  readonly samples: readonly number[];
  /** How long before each sample the one before it was, in µs. */
  readonly timeDeltas: readonly number[];
}

export interface Profiler {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<Profile>;
  readonly close: () => void;
}

/** The flags with which a process can be profiled, quietly: nothing is said on its stderr. */
export function profilable(port: number): string[] {
  return [`--inspect=127.0.0.1:${port}`, '--inspect-publish-uid=http'];
}

/** Attaches to the process that was started with {@link profilable} flags of this port. */
export async function attachProfiler(port: number, intervalUs: number): Promise<Profiler> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error(`nothing can be profiled at port ${port}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')), {
      once: true,
    });
  });
  const ask = asker(socket);
  await ask(ENABLE);
  await ask('Profiler.setSamplingInterval', { interval: intervalUs });
  return {
    start: async () => void (await ask('Profiler.start')),
    stop: async () => ((await ask('Profiler.stop')) as { profile: Profile }).profile,
    close: () => socket.close(),
  };
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Sends commands, each with a number that its reply carries. */
function asker(socket: WebSocket): (method: string, params?: object) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let sent = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Reply;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error.message));
  });
  socket.addEventListener('close', () => {
    for (const asked of waiting.values()) asked.reject(new Error('the inspector has hung up'));
  });
  return async (method, params = {}) => {
    const asked = Promise.withResolvers<unknown>();
    const id = (sent += 1);
    waiting.set(id, asked);
    socket.send(JSON.stringify({ id, method, params }));
    return await asked.promise;
  };
}
