// Ends the run with one line that people and machines can read: `N passed, N failed`, and `, N skipped` where some
// were, each of which is named with its reason. A run that failed never says `0 failed`: a test file that could not
// be loaded, an error outside any test and a setup that broke count as one failure each.
import { writeSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const STDOUT = 1;

export default class Summary implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped: string[] = [];

  onInit(): void {
    // Printed on exit, because vitest itself still has something to say after the last test.
    process.once('exit', (code) => writeSync(STDOUT, this.#lines(code)));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const brokenModules = modules.filter((module) => module.state() === 'failed' && !hasFailedTest(module));
    const states = tests.map((test) => test.result().state);
    this.#passed = states.filter((state) => state === 'passed').length;
    this.#failed =
      states.filter((state) => state === 'failed').length + brokenModules.length + unhandledErrors.length;
    this.#skipped = tests.filter((test) => test.result().state === 'skipped').map(nameWithReason);
  }

  #lines(exitCode: number): string {
    const failed = exitCode === 0 ? this.#failed : Math.max(this.#failed, 1);
    const counts = [`${this.#passed} passed`, `${failed} failed`];
    if (this.#skipped.length > 0) counts.push(`${this.#skipped.length} skipped`);
    return [...this.#skipped, counts.join(', '), ''].join('\n');
  }
}

function hasFailedTest(module: TestModule): boolean {
  return [...module.children.allTests('failed')].length > 0;
}

function nameWithReason(test: TestCase): string {
  const result = test.result();
  const reason = result.state === 'skipped' ? result.note : undefined;
  return `skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason ?? 'no reason given'}`;
}
