/** A process of its own that checks a server, so that a test may kill it in the middle: `check-child.ts <target>`. */
import type { Target } from '../src/index.ts';
import { check } from './check-support.ts';

await check(JSON.parse(process.argv[2] ?? '') as Target);
