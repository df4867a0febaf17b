import type { Load } from './load.ts';

/** What a benchmark is given: how long and how hard to ask, and a way to tell how far it is. */
export interface Bench {
  readonly load: Load;
  /** How often what is compared side by side is measured. */
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** The figures of a benchmark as they are printed, and whether its goals are met. */
export interface Verdict {
  readonly text: string;
  readonly isKept: boolean;
}

/** One benchmark of `pnpm bench`. It brings what it needs, and takes it down again. */
export interface Benchmark {
  /** What `--only` calls it. */
  readonly name: string;
  readonly run: (bench: Bench) => Promise<Verdict>;
}
