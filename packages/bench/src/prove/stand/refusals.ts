import type { HeadgateOptions } from '@headgate/sdk';

type Fetch = NonNullable<HeadgateOptions['fetch']>;

/** A `fetch` that hands on each answer that is not the one asked for, headers and body, before anyone reads it. */
export function keepingRefusals(
  keep: (refusal: string) => void,
  fetch: Fetch = async (request) => await globalThis.fetch(request),
): Fetch {
  return async (request) => {
    const response = await fetch(request);
    if (response.ok) return response;
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join('');
    const { status } = response;
    // The body may break off in the middle: then whoever asked finds that out by themselves.
    const body = await response
      .clone()
      .text()
      .catch(() => '');
    keep(`${request.method} ${request.url} ${status}\n${headers}\n${body}\n`);
    return response;
  };
}
