import type { Chance } from '../../chance.ts';
import type { Names } from './names.ts';

/** What a request is made from. */
export interface Making {
  readonly chance: Chance;
  readonly names: Names;
  readonly operationId: string;
}

/** The way to a field, from the body down. */
export type Path = readonly (string | number)[];
