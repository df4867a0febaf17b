import type { StepReport } from '../connection.ts';
import type { Step } from '../error.ts';
import { atStep, givenUp } from './failure.ts';

/** Takes the steps on the way, times them, and gives what goes wrong the name of the step. */
export class Steps {
  readonly #signal: AbortSignal;
  readonly #report: (report: StepReport) => void;

  constructor(signal: AbortSignal, report: (report: StepReport) => void) {
    this.#signal = signal;
    this.#report = report;
  }

  /** @throws UpstreamError of this step */
  async take<T>(step: Step, work: () => Promise<T> | T): Promise<T> {
    const startMs = performance.now();
    const durationMs = () => performance.now() - startMs;
    try {
      if (this.#signal.aborted) throw givenUp(this.#signal);
      const result = await work();
      this.#report({ step, durationMs: durationMs() });
      return result;
    } catch (caught) {
      const error = atStep(step, this.#signal.aborted ? givenUp(this.#signal) : caught);
      this.#report({ step, durationMs: durationMs(), error });
      throw error;
    }
  }
}
