/**
 * Given to an instance with `--import`: moves its clock by as many milliseconds as stand in a file, which it reads again
 * at each SIGUSR2. The file's path stands in the query of this module's own URL. Only the time of day is moved; what
 * counts time as it passes (`performance.now`, timers) is left as it is, as when an operator sets a machine's clock.
 */
import { readFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const RealDate = Date;
let movedMs = 0;

const now = () => RealDate.now() + movedMs;
// A proxy rather than a class of its own: what was made before, or by node itself, is still an instance of Date.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, words, newTarget) =>
    Reflect.construct(target, words.length === 0 ? [now()] : words, newTarget) as object,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});

process.on('SIGUSR2', () => {
  movedMs = Number(readFileSync(file, 'utf8'));
});
