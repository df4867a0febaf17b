/** Who uses customers' servers now: one for an instance. */
export interface UpstreamPlaces {
  /** How many places each project has taken; a project that has none is not in it. */
  readonly taken: Map<string, number>;
}

/** All places are free. */
export function createUpstreamPlaces(): UpstreamPlaces {
  return { taken: new Map() };
}
