import { expect } from 'vitest';
import { parseConnectionUri, UriError } from '../src/index.ts';
import { readWithLibpq } from './libpq.ts';

/** The error of a URI that is refused; undefined for one that is accepted. */
export function errorOf(uri: string): UriError | undefined {
  try {
    parseConnectionUri(uri);
    return undefined;
  } catch (error) {
    if (error instanceof UriError) return error;
    throw error;
  }
}

/**
 * Holds our reading against libpq's: what we accept it accepts, with the same meaning, and what it refuses we refuse.
 * Answers whether we accept it.
 */
export function agreesWithLibpq(uri: string): boolean {
  if (errorOf(uri) !== undefined) return false;
  const { host, port, database, username, password, sslMode, ignored } = parseConnectionUri(uri);
  const theirs = readWithLibpq(uri);
  expect(theirs).toBeDefined();
  const { port: theirPort = '5432', ...others } = theirs ?? {};
  expect(port).toBe(Number(theirPort));
  // Whatever else it has read is what we name as ignored, so that nothing is lost without a word.
  expect({
    host,
    dbname: database,
    user: username,
    password,
    ...(sslMode !== undefined && { sslmode: sslMode }),
    ...Object.fromEntries(ignored.map((keyword) => [keyword, others[keyword]])),
  }).toEqual(others);
  return true;
}
