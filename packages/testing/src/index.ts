/** What tests stand on: a real PostgreSQL a file, an issuer, people in organizations, input, and a clock. */
export { createTestActor, createTestOrganization, uniqueName, type TestActor } from './actors.ts';
export {
  createAuthority,
  issueSelfSigned,
  type TestAuthority,
  type TestCertificate,
} from './certificates.ts';
export { createTestClock, type TestClock } from './clock.ts';
export { createTestDatabase, type TestDatabase } from './database.ts';
export { startTestDns, type DnsMood, type TestDns } from './dns.ts';
export {
  apiKeyInput,
  certificateInput,
  customDomainInput,
  databaseInput,
  projectInput,
  slotInput,
  type DatabaseInput,
} from './factories.ts';
export { registerSlot } from './replication-slot.ts';
export { registerSnapshot } from './schema-snapshot.ts';
export { serverConnection, useLogins, type ServerLogin } from './server-login.ts';
export { issueWeak } from './weak-certificate.ts';
export { TEST_AUDIENCE, startTestIssuer, type TestIssuer } from './issuer.ts';
