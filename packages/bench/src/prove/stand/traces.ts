import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { Evidence } from '../evidence.ts';

/** Takes whatever an OpenTelemetry exporter sends over HTTP, and keeps it as it was before it was compressed. */
export async function receiveTraces(
  evidence: Evidence,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const isCompressed = request.headers['content-encoding'] === 'gzip';
    const keep = (body: Buffer) => {
      evidence.add('trace', 'received', isCompressed ? gunzipSync(body) : body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    };
    // An exporter that is killed in the middle has told nothing that could be kept.
    buffer(request).then(keep, () => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
