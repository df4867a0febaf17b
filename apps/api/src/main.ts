/** Reads the environment and the command line, and nothing else does. */
import { fileURLToPath } from 'node:url';
import { rotateVaultKeys } from './commands/rotate-vault-keys.ts';
import { start } from './commands/start.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { createLog } from './log.ts';

const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../../.headgate', import.meta.url));
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

type Command = (config: Config) => Promise<void>;

const COMMANDS: Record<string, Command> = {
  start: async (config) => {
    const log = createLog({ level: config.logLevel });
    const stopRequested = nextSignal();
    const starting = start({ config, log, say: (text) => console.log(text) });
    const started = await starting;
    const reason = await Promise.race([stopRequested, started.failed]).catch((error: unknown) => {
      log.fatal({ err: error }, 'stopping');
      process.exitCode = 1;
      return 'failure';
    });
    log.info({ reason }, 'draining');
    await started.stop();
    log.info('stopped');
  },
  'rotate-vault-keys': async (config) => {
    const log = createLog({ level: config.logLevel });
    const interrupted = new AbortController();
    void nextSignal().then(() => interrupted.abort());
    if (!(await rotateVaultKeys({ config, log, signal: interrupted.signal }))) process.exitCode = 1;
  },
};

/** Resolves with the first signal to stop. A second one finds no handler and ends the process at once. */
async function nextSignal(): Promise<string> {
  return await new Promise((resolve) => {
    const onSignal = (signal: string) => {
      for (const each of SIGNALS) process.removeListener(each, onSignal);
      resolve(signal);
    };
    for (const each of SIGNALS) process.on(each, onSignal);
  });
}

const [name = 'start'] = process.argv.slice(2);
try {
  const command = COMMANDS[name];
  if (command === undefined)
    throw new ConfigError('command', `give one of ${Object.keys(COMMANDS).join(', ')}`);
  await command(readConfig(process.env, DEFAULT_DATA_DIR));
  process.exit();
} catch (error) {
  if (error instanceof ConfigError) console.error(`headgate: ${error.message}`);
  else if (isAddressInUse(error))
    console.error('headgate: PORT: another program listens there; stop it or give another port');
  else console.error('headgate: the start failed:', error);
  process.exit(1);
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
