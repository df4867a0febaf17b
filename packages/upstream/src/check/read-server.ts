import type { Connection, Row } from '../connection.ts';
import type { Target } from '../target.ts';
import { ask } from './ask.ts';
import { detectPooler } from './pooler.ts';
import { SERVER_QUESTIONS } from './questions.ts';
import type { Extension, ServerFacts } from './result.ts';
import type { Finding, StepResult } from './steps.ts';
import { bigNumber, truth, walPosition, wholeNumber } from './values.ts';

/** What was found out of a server, and what is judged by it but not shown. */
export interface ServerReading {
  readonly facts: ServerFacts;
  /** Who is connected, and how many may be. */
  readonly usage: Row | undefined;
  readonly isSuperuser: boolean;
  /** How it stores the passwords that are set from now on. */
  readonly passwordEncryption: string | undefined;
}

/**
 * Asks a server what it is.
 *
 * @throws UpstreamError when the connection does not hold
 */
export async function readServer(connection: Connection, target: Target): Promise<StepResult<ServerReading>> {
  const { settings, state, identity, position, usage, extensions } = await ask(connection, SERVER_QUESTIONS);
  const pooler = detectPooler(target.host, connection, wholeNumber(state?.['process_id']));
  const facts: Facts = {
    ...settingFacts(settings, connection),
    inRecovery: truth(state?.['in_recovery']),
    tls: connection.tlsProtocol,
    usedConnections: wholeNumber(usage?.['used']),
    extensions: extensions && readExtensions(extensions['extensions'] ?? '', connection),
    pooler,
    systemIdentifier: bigNumber(identity?.['system_identifier']),
    walPosition: walPosition(position?.['wal_position']),
  };
  const isSuperuser = (settings?.['is_superuser'] ?? connection.parameters.get('is_superuser')) === 'on';
  const passwordEncryption = settings?.['password_encryption'] ?? undefined;
  return {
    value: { facts: known(facts), usage, isSuperuser, passwordEncryption },
    finding: settings === undefined ? REFUSED : undefined,
  };
}

/** Such as PgBouncer's own console, which logs in like a database. */
const REFUSED: Finding = {
  outcome: 'warned',
  code: 'facts_refused',
  message: 'The login works, but the server does not answer what PostgreSQL answers to every role.',
};

/** Facts of which some may not be known. */
type Facts = { readonly [Name in keyof ServerFacts]: ServerFacts[Name] | undefined };

/** Leaves out what is not known. */
function known(facts: Facts): ServerFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function settingFacts(settings: Row | undefined, connection: Connection): Facts {
  const text = (name: string) => {
    const value = settings?.[name] ?? connection.parameters.get(name);
    return value === undefined || value === '' ? undefined : connection.show(value);
  };
  const number = (name: string) => wholeNumber(settings?.[name]);
  const reserved = number('superuser_reserved_connections');
  return {
    // What packagers write behind it, as in `18.4 (Debian 18.4-1)`, is no part of it.
    version: text('server_version')?.split(' ', 1)[0],
    versionNumber: number('server_version_num'),
    maxConnections: number('max_connections'),
    reservedConnections:
      reserved === undefined ? undefined : reserved + (number('reserved_connections') ?? 0),
    walLevel: text('wal_level'),
    maxReplicationSlots: number('max_replication_slots'),
    timeZone: text('TimeZone'),
  };
}

function readExtensions(list: string, connection: Connection): Extension[] {
  return list
    .split(',')
    .map((entry) => entry.split(' '))
    .flatMap(([name, version]) =>
      name && version ? [{ name: connection.show(name), version: connection.show(version) }] : [],
    );
}
