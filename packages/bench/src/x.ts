import { readFileSync } from 'node:fs';
import { startTemporaryPostgres } from '@headgate/db/embedded';
import { startTestIssuer } from '@headgate/testing/issuer';
import { measure } from './load.ts';
import { readRequests, writeRequests } from './requests.ts';
import { seed } from './seed.ts';
import { startBareServer, startHeadgate } from './servers.ts';
const postgres = await startTemporaryPostgres({ fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' });
const issuer = await startTestIssuer();
const which = process.argv[2] ?? 'read';
const headgate = await startHeadgate(postgres.url(), issuer);
const bare = await startBareServer(postgres.url());
const tenants = await seed(postgres.url(), issuer);
const reqs = which === 'read' ? readRequests(tenants) : writeRequests(tenants);
const cpu = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return (Number(f[11]) + Number(f[12])) * 10000; };
for (let i = 0; i < 3; i++) for (const [n, s] of [['bare', bare], ['headgate', headgate]] as const) {
  const c0 = cpu(s.pid); 
  const r = await measure(s.url, reqs, { seconds: 3, connections: 32 });
  console.log(n, r.requestsPerSecond.toFixed(0), 'server cpu us/req', ((cpu(s.pid) - c0) / (r.requestsPerSecond * 3)).toFixed(0));
}
await headgate.stop(); await bare.stop(); await issuer.close(); await postgres.stop();
