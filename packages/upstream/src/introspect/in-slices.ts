import { createSlices } from '../wire/slices.ts';

/** Makes something of each, and lets whatever else waits in this process have its turn now and then. */
export async function inSlices<T, U>(items: readonly T[], make: (item: T, index: number) => U): Promise<U[]> {
  const slices = createSlices();
  const made: U[] = [];
  for (const [index, item] of items.entries()) {
    if (slices.isOver()) await slices.pause();
    made.push(make(item, index));
  }
  return made;
}
