import type { Context } from 'hono';
import type { Logger } from 'pino';
import { STREAM_STALL_TIMEOUT_MS } from '../limits.ts';
import type { AppEnv } from './env.ts';

/** A reader stopped reading, without going away. */
class StreamStalledError extends Error {
  override readonly name = 'StreamStalledError';

  constructor() {
    super(`the reader took nothing for ${STREAM_STALL_TIMEOUT_MS} ms`);
  }
}

interface Streamed {
  readonly contentType: string;
  /** The name of the file to keep it in, where it is one. */
  readonly filename?: string;
  /** What is sent; the next piece is made when the reader has taken the one before. */
  readonly chunks: AsyncGenerator<string, void, undefined>;
}

/**
 * Answers with what is made while it is sent. Its status has been sent by the time something goes wrong, so that all that
 * is left is to cut the connection: a transfer that ends without its last chunk is known to be incomplete (RFC 9112,
 * section 8). A reader that goes away, or takes nothing for long, ends the making too.
 */
export function streamAnswer(c: Context<AppEnv>, { contentType, filename, chunks }: Streamed): Response {
  const headers = {
    'Content-Type': contentType,
    ...(filename !== undefined && { 'Content-Disposition': disposition(filename) }),
  };
  const { outgoing } = c.env;
  if (c.req.method === 'HEAD' || outgoing.closed) {
    void chunks.return();
    return c.body(null, 200, headers);
  }
  const end = tellEnd(c.get('deps').log, c.get('requestId'));
  let stalled: NodeJS.Timeout | undefined;
  const cut = (error: unknown) => {
    end('failed', error);
    outgoing.destroy();
  };
  outgoing.once('close', () => {
    clearTimeout(stalled);
    end('reader gone');
    void chunks.return();
  });
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        clearTimeout(stalled);
        try {
          const { done, value } = await chunks.next();
          if (done === true) {
            end('complete');
            controller.close();
          } else if (!outgoing.closed) {
            controller.enqueue(encoder.encode(value));
            stalled = setTimeout(() => cut(new StreamStalledError()), STREAM_STALL_TIMEOUT_MS);
          }
        } catch (error) {
          cut(error);
        }
      },
    },
    // Nothing is made ahead of the reader.
    { highWaterMark: 0 },
  );
  return c.body(body, 200, headers);
}

/** One line when it is over, however it ends; the line of the request was written when its answer began. */
function tellEnd(log: Logger, requestId: string) {
  const startedAt = performance.now();
  let isTold = false;
  return (outcome: 'complete' | 'failed' | 'reader gone', error?: unknown) => {
    if (isTold) return;
    isTold = true;
    const line = {
      ...{ request_id: requestId, outcome },
      duration_ms: Math.round(performance.now() - startedAt),
    };
    if (outcome === 'failed') log.error({ ...line, err: error }, 'stream');
    else log.info(line, 'stream');
  };
}

const MAX_FILENAME_CHARS = 100;

/** A name in letters that no header and no file system takes for something else (RFC 6266, section 4.3). */
function disposition(filename: string): string {
  const name = filename.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(-MAX_FILENAME_CHARS);
  return `attachment; filename="${name}"`;
}
