/** A process of its own that starts a server for a test and does nothing more, so that a test may kill it. */
import { startTemporaryPostgres } from '../src/embedded/index.ts';

const { clusterDir } = await startTemporaryPostgres();
process.stdout.write(clusterDir);
setInterval(() => {}, 60_000);
