/** What tests stand on: a real PostgreSQL a file, an issuer, people in organizations, input, and a clock. */
export { createTestActor, createTestOrganization, uniqueName, type TestActor } from './actors.ts';
export { createTestClock, type TestClock } from './clock.ts';
export { createTestDatabase, type TestDatabase } from './database.ts';
export { startTestDns, type DnsMood, type TestDns } from './dns.ts';
export { apiKeyInput, customDomainInput, databaseInput, projectInput } from './factories.ts';
export { TEST_AUDIENCE, startTestIssuer, type TestIssuer } from './issuer.ts';
