import { invalidInput, type IfMatch } from '@headgate/core';

/** An entity tag (RFC 9110, section 8.8.3). */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
/** An element of a list of them; a comma between its quotes is part of the tag. */
const ELEMENT = /(?:[^",]|"[^"]*")+/g;
const MAX_TAGS = 20;

/**
 * What `If-Match` says.
 *
 * @throws HeadgateError INVALID_INPUT when it is neither `*` nor a list of entity tags
 */
export function parseIfMatch(header: string | undefined): IfMatch | undefined {
  return header === undefined ? undefined : parseTags('If-Match', header);
}

/** Whether `If-None-Match` names this version, by weak comparison (RFC 9110, section 13.1.2). */
export function isUnchanged(header: string | undefined, etag: string | undefined): boolean {
  if (header === undefined || etag === undefined) return false;
  const tags = parseTags('If-None-Match', header);
  return tags === '*' || tags.some((tag) => tag.replace(/^W\//, '') === etag);
}

function parseTags(field: string, header: string): IfMatch {
  if (header.trim() === '*') return '*';
  const tags = (header.match(ELEMENT) ?? []).map((tag) => tag.trim()).filter((tag) => tag !== '');
  if (tags.length === 0 || tags.length > MAX_TAGS || !tags.every((tag) => ETAG.test(tag))) {
    throw invalidInput([
      { field, message: 'must be * or the ETag of an answer, with its quotes, such as "3"' },
    ]);
  }
  return tags;
}
