import { performance } from 'node:perf_hooks';
import { hintOf, type FailureCode } from '../codes.ts';
import type { StepReport } from '../connection.ts';
import { UpstreamError } from '../error.ts';
import { CHECK_NAMES, type CheckName, type CheckStep } from './result.ts';

/** What is wrong, or not as it should be. */
export interface Finding {
  readonly outcome: 'warned' | 'failed';
  readonly code: FailureCode;
  readonly message: string;
}

/** What a step brought, and what it found. */
export interface StepResult<T> {
  readonly value: T;
  readonly finding?: Finding | undefined;
}

/** Runs the steps of a check, or hears of them, and keeps how they went. */
export interface StepLog {
  /** Takes what `connect` reports. The last word on a step counts: some are tried twice. */
  readonly report: (report: StepReport) => void;
  /** Runs a step and times it. Undefined when the connection did not hold, which is then its finding. */
  readonly run: <T>(name: CheckName, work: () => Promise<StepResult<T>>) => Promise<T | undefined>;
  readonly failure: () => CheckStep | undefined;
  /** All steps in their order. What was not come to was skipped. */
  readonly steps: () => CheckStep[];
}

/** Begins to collect. A check that asks about no replica has no such step. */
export function createStepLog({ hasReplicaStep }: { readonly hasReplicaStep: boolean }): StepLog {
  const done = new Map<CheckName, CheckStep>();
  const keep = (name: CheckName, durationMs: number, finding: Finding | undefined) =>
    void done.set(name, {
      ...{ name, outcome: finding?.outcome ?? 'passed', durationMs: Math.round(durationMs) },
      ...(finding && { code: finding.code, message: finding.message, hint: hintOf(finding.code) }),
    });
  return {
    report: ({ step, durationMs, error }) => {
      // A fault of our own comes out of `connect` itself.
      if (error === undefined || error instanceof UpstreamError) keep(step, durationMs, failed(error));
    },
    run: async (name, work) => {
      const begun = performance.now();
      try {
        const { value, finding } = await work();
        keep(name, performance.now() - begun, finding);
        return value;
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        keep(name, performance.now() - begun, failed(error));
        return undefined;
      }
    },
    failure: () => Array.from(done.values()).find(({ outcome }) => outcome === 'failed'),
    steps: () =>
      CHECK_NAMES.filter((name) => name !== 'replica' || hasReplicaStep).map(
        (name) => done.get(name) ?? { name, outcome: 'skipped', durationMs: 0 },
      ),
  };
}

function failed(error: UpstreamError | undefined): Finding | undefined {
  return error && { outcome: 'failed', code: error.code, message: error.message };
}
