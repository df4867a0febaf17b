import { parserState, type PlacesState } from '@headgate/core';
import type { Parts } from './parts.ts';
import type { Teller } from './teller.ts';

/** What the metadata database is asked, and what waits for it. */
export function tellDatabase({ gauge, total }: Teller, { store }: Parts): void {
  const busy = () => Math.min(store.state().underWay, store.state().maxConnections);
  gauge(
    'headgate_database_connections_max',
    'Connections to the metadata database that requests share (DATABASE_MAX_CONNECTIONS).',
    () => store.state().maxConnections,
  );
  gauge('headgate_database_connections_busy', 'Of these, the ones in use.', busy);
  gauge(
    'headgate_database_operations_under_way',
    'Reads and transactions of requests under way, whether they have a connection or not.',
    () => store.state().underWay,
  );
  gauge(
    'headgate_database_operations_waiting',
    'Of these, the ones without a connection of their own.',
    () => store.state().underWay - busy(),
  );
  total(
    'headgate_database_connections_closed_total',
    'Connections to the metadata database that have ended: lost, or replaced in time.',
    () => store.state().closedConnections,
  );
  total(
    'headgate_database_timeouts_total',
    'Operations that were given up because the metadata database did not answer in time.',
    () => store.state().timeouts,
  );
  total(
    'headgate_database_refusals_total',
    'Operations that were refused because too many were under way.',
    () => store.state().refusals,
  );
}

/** Which requests are worked on, and which are not. */
export function tellAdmission({ gauge, total }: Teller, { admission }: Parts): void {
  gauge('headgate_admission_places', 'How many requests are worked on at once.', () => admission().places);
  gauge('headgate_admission_working', 'Requests that are worked on.', () => admission().working);
  gauge(
    'headgate_admission_elsewhere',
    "Requests that were begun and wait for somebody else: their callers, or customers' servers.",
    () => admission().elsewhere,
  );
  gauge('headgate_admission_waiting', 'Requests that wait for a place.', () => admission().waiting);
  total(
    'headgate_admission_refusals_total',
    'Requests that were refused with 503 because there was no place for too long. No other metric counts them.',
    () => admission().refused,
  );
  total(
    'headgate_admission_gone_total',
    'Requests whose callers left while these waited for a place.',
    () => admission().gone,
  );
}

/** What is bounded in number, beside its bound. */
export function tellPlacesAndQueues({ gauges }: Teller, parts: Parts): void {
  const { upstreamPlaces, heavyPlaces, keyUse } = parts;
  const places = (): Record<string, PlacesState> => ({
    upstream_checks: upstreamPlaces.state().check,
    introspections: upstreamPlaces.state().introspection,
    exports: heavyPlaces.exports.state(),
    schema_readings: heavyPlaces.schemaReadings.state(),
    verifications: heavyPlaces.verifications.state(),
  });
  const queues = () => ({ key_use: keyUse.state(), sql_parser: parserState() });
  gauges(
    'headgate_places_taken',
    'Places for what is heavy that are taken on this instance, by the bound.',
    'bound',
    () => pick(places(), ({ taken }) => taken),
  );
  gauges('headgate_places_max', 'How many such places there are.', 'bound', () =>
    pick(places(), ({ max }) => max),
  );
  gauges(
    'headgate_queue_length',
    'What waits: uses of API keys to be written down, statements for the SQL parser.',
    'queue',
    () => pick(queues(), ({ waiting }) => waiting),
  );
  gauges('headgate_queue_max', 'How much may wait there.', 'queue', () => pick(queues(), ({ max }) => max));
}

function pick<T>(of: Readonly<Record<string, T>>, figure: (state: T) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(of).map(([name, state]) => [name, figure(state)]));
}
