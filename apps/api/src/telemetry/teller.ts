import { Counter, Gauge, type Registry } from 'prom-client';

/** How figures are told. Each is asked for at every scrape, and must be at hand. */
export interface Teller {
  /** One that is undefined is left out. */
  readonly gauge: (name: string, help: string, figure: () => number | undefined) => void;
  /** Several of a kind, by the value of this label. */
  readonly gauges: (
    name: string,
    help: string,
    label: string,
    figures: () => Readonly<Record<string, number>>,
  ) => void;
  /** A total that only grows, and begins anew with the process. */
  readonly total: (name: string, help: string, figure: () => number) => void;
}

/** Tells figures to a registry. */
export function createTeller(registry: Registry): Teller {
  const registers = [registry];
  return {
    gauge: (name, help, figure) => {
      const gauge: Gauge = new Gauge({
        ...{ name, help, registers },
        collect: () => {
          const value = figure();
          if (value === undefined) gauge.remove();
          else gauge.set(value);
        },
      });
    },
    gauges: (name, help, label, figures) => {
      const gauge: Gauge = new Gauge({
        ...{ name, help, registers, labelNames: [label] },
        collect: () => {
          for (const [value, figure] of Object.entries(figures())) gauge.set({ [label]: value }, figure);
        },
      });
    },
    total: (name, help, figure) => {
      const counter: Counter = new Counter({
        ...{ name, help, registers },
        collect: () => {
          counter.reset();
          counter.inc(figure());
        },
      });
    },
  };
}
