import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { demoText, prepareDemo } from '../embedded/demo.ts';
import { provideServices } from '../embedded/services.ts';
import { startService } from '../service.ts';

interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Says something to the person at the terminal. */
  readonly say: (text: string) => void;
}

export interface Started {
  /** Drains and stops everything, in the order in which it depends on each other. */
  readonly stop: () => Promise<void>;
  /** Rejects when something that Headgate stands on has ended. */
  readonly failed: Promise<never>;
}

/** Starts what is embedded and the API on it. */
export async function start({ config, log, say }: StartOptions): Promise<Started> {
  const provided = await provideServices(config);
  try {
    const service = await startService({ config, services: provided.services, log });
    log.info({ url: service.url }, 'listening');
    if (provided.identity) {
      const { service: identity, account } = provided.identity;
      const demo = await prepareDemo(service.url, identity.url, account);
      say(demoText({ api: service.url, identity: identity.url }, demo));
    }
    const stop = async () => {
      await service.stop();
      await provided.stop();
    };
    return { stop, failed: provided.identity?.service.ended ?? new Promise<never>(() => {}) };
  } catch (error) {
    await provided.stop();
    throw error;
  }
}
