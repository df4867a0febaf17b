import { z } from '@hono/zod-openapi';

/** Something that was accepted, and that its owner should know of. */
export const Warning = z
  .object({
    code: z.string().openapi({ description: 'Stable; branch on it.', example: 'ignored_parameter' }),
    message: z.string().openapi({ description: 'For people.' }),
  })
  .openapi('Warning', {
    example: {
      code: 'ignored_parameter',
      message: 'connect_timeout in url is a setting of clients and is not used here.',
    },
  });
export type Warning = z.infer<typeof Warning>;
