import type { Attacker } from './attacks/shots.ts';
import type { StreamPlan } from './load/stream.ts';
import type { FloodStand } from './stand.ts';
import { request } from './traffic.ts';

const PER_SECOND = 100;
const CONNECTIONS = 200;
const TOKENS = 100;
const PATH = '/v1/regions';

/** Requests with tokens that are not good, with keys that nobody knows, and for what there is not. */
export async function strangers(
  { stand, instance }: FloodStand,
  { attackers, localAddress }: { readonly attackers: readonly Attacker[]; readonly localAddress: string },
): Promise<StreamPlan[]> {
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, async (_, n) => await stand.issuer.token({ kid: `invented-${n}` })),
  );
  const forged = attackers.map(({ token }) => `${token.slice(0, -8)}AAAAAAAA`);
  const asks = (name: string, requests: readonly string[], allowed: readonly number[]): StreamPlan => ({
    ...{ name, origin: instance.url, requests, allowed },
    ...{ pace: { perSecond: PER_SECOND }, connections: CONNECTIONS, localAddress },
  });
  const keys = [`hgo_${'0'.repeat(72)}`, 'hgp_short', 'Basic', ''];
  return [
    asks(
      'bad tokens',
      [...forged, ...keys].map((token) => request('GET', PATH, { token })),
      [401],
    ),
    asks(
      'unknown keys',
      tokens.map((token) => request('GET', PATH, { token })),
      [401],
    ),
    asks(
      'misses',
      attackers.flatMap(({ token, projectId }) => [
        request('GET', `/v1/projects/${projectId}/databases/db_01h455vb4pex5vsknk084sn02q`, { token }),
        request('GET', '/v1/nowhere/{n}', { token }),
      ]),
      [404],
    ),
  ];
}
