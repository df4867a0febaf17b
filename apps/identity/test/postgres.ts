import { createTestDatabase as create } from '@headgate/testing';

/** An empty database of the test's own: identity makes its schema itself. */
export async function createTestDatabase(): Promise<{ url: string }> {
  return await create({ empty: true });
}
