/** What a URI is made of; `uri` is the whole of it. */
export type UriPart = 'uri' | 'scheme' | 'user' | 'password' | 'host' | 'port' | 'database' | 'query';

/**
 * Why a URI is refused. The message says which part and what to write instead, reads after the name of a field
 * (`url must …`), and repeats nothing that was written: a stray `@` or `/` can put a piece of the password anywhere.
 * What it may name of the text are keywords, under the conditions that `refuseUnknown` describes.
 */
export class UriError extends Error {
  readonly part: UriPart;

  constructor(part: UriPart, message: string) {
    super(message);
    this.name = 'UriError';
    this.part = part;
  }
}

/** The whole form, for messages about a part that is missing or stands elsewhere. */
export const URI_FORM = 'postgresql://user:password@host/database';
