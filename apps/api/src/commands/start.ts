import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { demoText, prepareDemo } from '../embedded/demo.ts';
import { provideServices } from '../embedded/services.ts';
import { startService } from '../service.ts';
import type { Shutdown } from '../shutdown.ts';

interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Learns how to stop whatever is started, as soon as it is. */
  readonly shutdown: Shutdown;
  /** Says something to the person at the terminal. */
  readonly say: (text: string) => void;
}

export interface Started {
  /** Rejects when something embedded, which the API stands on, has ended by itself. */
  readonly failed: Promise<never>;
}

/** Starts what is embedded and the API on it. */
export async function start({ config, log, shutdown, say }: StartOptions): Promise<Started> {
  const { services, identity, ended } = await provideServices(config, shutdown);
  const { url } = await startService({ config, services, log, shutdown });
  log.info({ origin: url }, 'listening');
  if (identity !== undefined) {
    const demo = await prepareDemo(url, identity.url, identity.account);
    say(demoText({ api: url, identity: identity.url }, demo));
  }
  return { failed: ended };
}
