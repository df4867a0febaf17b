import { authOptions, createAuth } from './auth.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { openDatabase } from './database.ts';
import { rotateKeys } from './keys.ts';
import { createLogger, type Logger } from './log.ts';
import { migrate } from './migrate.ts';
import { startServer, type RunningServer } from './server.ts';
import { startErrorLine } from './start-error.ts';
import { jwtOptions } from './tokens.ts';

/** Serves until a signal, or the end of the parent, asks to stop. */
async function serve(config: Config, logger: Logger): Promise<void> {
  const server = await startServer(config, logger);
  onStopRequest(config, async (reason) => await stop(server, logger, reason));
  logger.info({ url: server.url, issuer: config.url }, 'listening');
  if (process.connected) process.send?.({ type: 'ready', url: server.url });
}

async function stop(server: RunningServer, logger: Logger, reason: string): Promise<void> {
  logger.info({ reason }, 'draining');
  try {
    await server.drain();
  } catch (error) {
    logger.error({ err: error }, 'draining failed');
    process.exit(1);
  }
  logger.info('stopped');
  process.exit(0);
}

/** Calls back once. A supervised process must not outlive its parent, which shows in the channel that they share. */
function onStopRequest(config: Config, callback: (reason: string) => Promise<void>): void {
  let asked = false;
  const ask = (reason: string): void => {
    if (asked) return;
    asked = true;
    void callback(reason);
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  if (process.send !== undefined) {
    process.on('disconnect', () => ask('parent disconnected'));
    // It may have gone while this process was starting.
    if (!process.connected) ask('parent disconnected');
  } else if (config.supervised) {
    process.stdin.on('close', () => ask('standard input closed')).resume();
  }
}

/** The operator's command: a new signing key at once, for every instance. */
async function rotate(config: Config, logger: Logger): Promise<void> {
  const { db, close } = openDatabase(config.databaseUrl);
  try {
    if (config.migrateOnStart) await migrate(db, authOptions({ config, db, logger }));
    const auth = createAuth({ config, db, logger });
    logger.info(await rotateKeys(auth, jwtOptions(config, db), db), 'signing key rotated');
  } finally {
    await close();
  }
}

const COMMANDS = { serve, 'rotate-keys': rotate };

async function main(): Promise<void> {
  const [name = 'serve'] = process.argv.slice(2);
  if (name !== 'serve' && name !== 'rotate-keys') {
    throw new ConfigError(`Unknown command; known: ${Object.keys(COMMANDS).join(', ')}`);
  }
  const config = readConfig(process.env);
  await COMMANDS[name](config, createLogger(config.logLevel));
}

main().catch((error: unknown) => {
  const line = startErrorLine(error);
  if (line === null) createLogger('fatal').fatal({ err: error }, 'start failed');
  else process.stderr.write(`${line}\n`);
  process.exit(1);
});
