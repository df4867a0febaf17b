/** Everything that touches a customer's PostgreSQL: URIs, which addresses may be dialled, TLS, checks, introspection. */
export { checkUpstream, type CheckOptions } from './check/check.ts';
export type { PrimaryFacts } from './check/replica.ts';
export { createStepLog } from './check/steps.ts';
export {
  BUDGET_STATES,
  CHECK_NAMES,
  CHECK_OUTCOMES,
  POOLERS,
  type CheckName,
  type CheckOutcome,
  type CheckResult,
  type CheckStep,
  type CheckWarning,
  type CheckWarningCode,
  type ConnectionBudget,
  type Extension,
  type Pooler,
  type ServerFacts,
} from './check/result.ts';
export { hintOf, type FailureCode } from './codes.ts';
export { ServerError, type Connection, type Row } from './connection.ts';
export { readCatalog, type Catalog } from './introspect/catalog.ts';
export { compareSnapshots, type Change } from './introspect/diff.ts';
export { MAX_CONNECTION_BYTES } from './introspect/limits.ts';
export { SECTIONS, lineObject, readLines } from './introspect/lines.ts';
export type { Compared, NotCompared } from './introspect/not-compared.ts';
export type { SkippedPart } from './introspect/skipped.ts';
export { takeSnapshot, type Snapshot } from './introspect/snapshot.ts';
export { UpstreamError, type Step } from './error.ts';
export { isExpiringToken, providerHints, type Hint, type HintCode } from './provider-hints.ts';
export { defaultExcludedSchemas, detectProvider, type Provider } from './provider.ts';
export { dropRegisteredSlot } from './replication/drop-registered-slot.ts';
export { prepareSlot, type PreparedSlot, type SlotRequest } from './replication/prepare-slot.ts';
export { SLOT_CHECK_NAMES, type SlotCheck, type SlotWarning } from './replication/slot-check.ts';
export { readSlotState, type RegisteredSlot, type SlotState } from './replication/slot-state.ts';
export { timeToUndo, undoMade } from './replication/undo.ts';
export type { ClientCertificate, SslMode, Target } from './target.ts';
export { createUpstream, type Upstream } from './upstream.ts';
export { parseConnectionUri, type ParsedUri } from './uri/parse-uri.ts';
export { UriError, type UriPart } from './uri/uri-error.ts';
