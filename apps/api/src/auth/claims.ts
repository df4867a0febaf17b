import { isRole, type Organization, type User } from '@headgate/core';
import { MAX_ORGANIZATION_ID_CHARS } from '@headgate/schema';
import type { JWTPayload } from 'jose';
import { z } from 'zod';

const text = z.string().refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value));
const id = text.min(1).max(MAX_ORGANIZATION_ID_CHARS);
const Organizations = z.array(
  z.object({ id, name: text.nullish(), slug: text.nullish(), role: z.unknown() }),
);

/**
 * The user that a token's claims describe, as told when it was issued, or now where it does not say. `pointer` is a
 * JSON pointer (RFC 6901) to the organizations. One whose role is not ours grants nothing here and is left out.
 *
 * @returns undefined when `sub` or the organizations are not of the form that they must have
 */
export function userOf(payload: JWTPayload, pointer: string, now: Date): User | undefined {
  const subject = id.safeParse(payload.sub);
  const claim = Organizations.safeParse(resolvePointer(payload, pointer) ?? []);
  if (!subject.success || !claim.success) return undefined;
  const organizations = claim.data.flatMap(({ role, ...organization }): Organization[] =>
    isRole(role) ? [{ ...organization, role }] : [],
  );
  const toldAt = payload.iat === undefined ? now : new Date(payload.iat * 1000);
  return { kind: 'user', id: subject.data, organizations, toldAt };
}

/** @returns what the pointer names, or undefined when there is nothing */
export function resolvePointer(document: unknown, pointer: string): unknown {
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce<unknown>((value, token) => {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : undefined;
  }, document);
}
