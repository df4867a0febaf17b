import type { z } from '@hono/zod-openapi';

/**
 * The names of all fields that carry a secret, anywhere in the contract. Logs are redacted by this list, and a
 * test holds it against what `openapi.yaml` marks as `format: password`.
 */
export const SECRET_FIELDS = ['password', 'api_key', 'url', 'private_key'] as const;
export type SecretField = (typeof SECRET_FIELDS)[number];

/** The request headers that carry credentials. */
export const SECRET_HEADERS = ['authorization', 'x-api-key', 'cookie', 'set-cookie'] as const;

/** Marks a request field as secret: it is written and never read back. */
export function secret(name: SecretField, schema: z.ZodString): z.ZodString {
  return schema.openapi({ format: 'password', writeOnly: true, title: name });
}

/** Marks a field of an answer that shows a secret to someone who asked for it and may see it. */
export function shownSecret(name: SecretField, schema: z.ZodString): z.ZodString {
  return schema.openapi({ format: 'password', readOnly: true, title: name });
}
