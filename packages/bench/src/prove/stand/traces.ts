import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Evidence } from '../evidence.ts';

/** Takes whatever an OpenTelemetry exporter sends over HTTP, and keeps it as it came. */
export async function receiveTraces(
  evidence: Evidence,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      evidence.add('trace', 'received', chunk);
    });
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    request.on('error', () => response.destroy());
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
