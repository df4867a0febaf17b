import { saslprep } from '@mongodb-js/saslprep';

/**
 * The password as it is hashed: brought into one spelling (RFC 4013). Like libpq and the server, an invalid one, or one
 * of which nothing is left, is taken as it was written.
 */
export function prepareForSasl(password: string): string {
  try {
    return saslprep(password) || password;
  } catch {
    return password;
  }
}
