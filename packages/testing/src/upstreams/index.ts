/** Customers' servers in every condition: real PostgreSQL, and what only pretends to be one. */
export { startFakeServer, type FakeServer } from './fake-servers.ts';
export { fillUpstream } from './full.ts';
export { answersAlways, misbehaviours } from './misbehaviours.ts';
export { ensurePgBouncer } from './pgbouncer-program.ts';
export { startPgBouncer, type TestPgBouncer } from './pgbouncer.ts';
export { useUpstreamOnDemand } from './on-demand.ts';
export { freePort } from './port.ts';
export { startProxy, type TestProxy } from './proxy.ts';
export { startUpstream, type TestLogin, type TestUpstream, type TestUpstreamOptions } from './server.ts';
export { startStandby } from './standby.ts';
export { startEndlesslyStartingUpstream } from './starting.ts';
