/** Reads the environment and the command line, and nothing else does. */
import { fileURLToPath } from 'node:url';
import { rotateVaultKeys } from './commands/rotate-vault-keys.ts';
import { setOrganizationLimits } from './commands/set-organization-limits.ts';
import { start } from './commands/start.ts';
import { ConfigError, readConfig, type Config } from './config/index.ts';
import { IdentityStartError } from './embedded/identity.ts';
import { createLog } from './log.ts';
import { createShutdown } from './shutdown.ts';

const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../../.headgate', import.meta.url));
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const SAME_MOMENT_MS = 500;
/** As a shell reports a program that Ctrl-C has ended. */
const FORCED_EXIT_CODE = 130;

/** What the program can be told. The words are what stands behind the command's name. */
type Command = (config: Config, words: readonly string[]) => Promise<void>;

const COMMANDS: Record<string, Command> = {
  start: async (config) => {
    const log = createLog({ level: config.logLevel });
    const shutdown = createShutdown();
    const stopRequested = nextSignal();
    const running = start({ config, log, shutdown, say: (text) => console.log(text) }).then(
      async ({ failed }) => await failed,
    );
    try {
      // A start that is still under way is stopped as well as one that is done.
      const reason = await Promise.race([stopRequested, running]);
      log.info({ reason }, 'draining');
    } finally {
      running.catch(() => {});
      await shutdown.run();
    }
    log.info('stopped');
  },
  'rotate-vault-keys': async (config) => {
    const log = createLog({ level: config.logLevel });
    const interrupted = new AbortController();
    void nextSignal().then(() => interrupted.abort());
    if (!(await rotateVaultKeys({ config, log, signal: interrupted.signal }))) process.exitCode = 1;
  },
  limits: async (config, words) => {
    await setOrganizationLimits({ config, words, say: (text) => console.log(text) });
  },
};

/**
 * Resolves with the first signal to stop. A later one ends the process at once; one that comes in the same moment does
 * not, since Ctrl-C reaches us from the terminal and once more from the package manager that has started us.
 */
async function nextSignal(): Promise<string> {
  return await new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (signal: string) => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_MOMENT_MS) process.exit(FORCED_EXIT_CODE);
      resolve(signal);
    };
    for (const each of SIGNALS) process.on(each, onSignal);
  });
}

const [name = 'start', ...words] = process.argv.slice(2);
try {
  const command = COMMANDS[name];
  if (command === undefined)
    throw new ConfigError('command', `give one of ${Object.keys(COMMANDS).join(', ')}`);
  await command(readConfig(process.env, DEFAULT_DATA_DIR), words);
  process.exit();
} catch (error) {
  if (error instanceof ConfigError) console.error(`headgate: ${error.message}`);
  // The identity service has said for itself what is wrong.
  else if (!(error instanceof IdentityStartError)) console.error(`headgate: ${name} failed:`, error);
  process.exit(1);
}
