/** Holds every answer that a test sees against the contract: nothing undeclared is answered. */
import { AuditEntry, ERROR_CODES, ErrorEnvelope } from '@headgate/schema';
import * as operations from '@headgate/schema/operations';
import { expect } from 'vitest';
import type { z } from 'zod';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly text?: string;
}

interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<number, object>>;
}

/** Every operation of the contract. */
export const OPERATIONS = Object.values(operations).filter(
  (entry) => 'operationId' in entry,
) as unknown as Operation[];

/** The operation that answers this path, if there is one. */
function findOperation(method: string, path: string): Operation | undefined {
  const [pathname = ''] = path.split('?');
  return OPERATIONS.find((operation) => {
    const pattern = new RegExp(`^${operation.path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
    return operation.method === method.toLowerCase() && pattern.test(pathname);
  });
}

export function checkAgainstContract(
  method: string,
  path: string,
  { status, headers, body, text }: Answer,
): void {
  const operation = findOperation(method, path);
  if (operation === undefined) return;
  const where = `${operation.operationId} ${status}`;
  expect(headers.get('x-request-id'), where).toBeTruthy();
  const declared = operation.responses[status];
  expect(declared, `${where} is not declared in the contract`).toBeDefined();
  if (declared === undefined) return;
  if ('$ref' in declared) {
    const { error } = ErrorEnvelope.parse(body);
    expect(ERROR_CODES[error.code].status, where).toBe(status);
    return;
  }
  const content = (declared as { content?: Record<string, { schema: z.ZodType }> }).content;
  const mediaType = headers.get('content-type')?.split(';')[0] ?? '';
  if (content === undefined) expect(body, where).toBeUndefined();
  else if (mediaType !== 'application/json') {
    expect(Object.keys(content), `${where} is declared in another media type`).toContain(mediaType);
    checkLines(mediaType, text ?? '', where);
  }
  // Parsing leaves out what the schema does not know: equal means that nothing undeclared was sent.
  else expect(content['application/json']?.schema.parse(body), where).toEqual(body);
}

/** Every line of an export is an entry, whole and with nothing beside it. */
function checkLines(mediaType: string, text: string, where: string): void {
  if (mediaType !== 'application/x-ndjson') return;
  if (text !== '') expect(text.endsWith('\n'), `${where} ends in the middle of a line`).toBe(true);
  for (const line of text.split('\n').slice(0, -1)) {
    const entry: unknown = JSON.parse(line);
    expect(AuditEntry.parse(entry), where).toEqual(entry);
  }
}
