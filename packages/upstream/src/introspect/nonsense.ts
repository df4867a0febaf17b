import { UpstreamError } from '../error.ts';

/** For an answer that no catalog of PostgreSQL gives. It says what is wrong with it, and quotes nothing of it. */
export function nonsense(what: string): UpstreamError {
  const message = `The server does not answer as PostgreSQL does: ${what}.`;
  return new UpstreamError({ step: 'server', code: 'protocol_error', message });
}
