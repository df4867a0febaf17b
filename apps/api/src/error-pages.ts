/** The pages that say of each error code what happened and what to do, made from the registry of codes. */
import { createHash } from 'node:crypto';
import { ERROR_CODES, exampleError, type ErrorCode, type ErrorCodeEntry } from '@headgate/schema';
import { html, raw } from 'hono/html';

/** Where the pages are: all codes here, and each one below. */
export const ERRORS_PATH = '/docs/errors';

type Html = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; font: 1rem/1.6 system-ui, sans-serif; }
nav { margin-bottom: 2.5rem; font-size: .9rem; }
nav a { margin-right: 1.25rem; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .5rem; font-size: 1.1rem; }
p { margin: .5rem 0; }
li { margin: .5rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .875em; }
code { padding: .1em .3em; border-radius: .25em; background: var(--line); overflow-wrap: anywhere; }
pre { padding: 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .4em; white-space: pre-wrap; }
h1 code, h1, dt { font-family: ui-monospace, monospace; }
dl { margin: 1.5rem 0; }
dt { margin-top: 1.25rem; font-weight: 600; }
dd { margin: .1rem 0 0; }
.status { font-weight: 400; opacity: .7; }
`;

/** The pages run nothing, load nothing and send nothing; their one style is known by its hash. */
export const ERROR_PAGES_POLICY: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const CODES = Object.entries(ERROR_CODES) as [ErrorCode, ErrorCodeEntry][];

/** The code that this text names in whatever case; undefined when there is none. */
export function findErrorCode(text: string): ErrorCode | undefined {
  const upper = text.toUpperCase();
  return CODES.find(([code]) => code === upper)?.[0];
}

/** All codes, each with its status and what it means. */
export function renderErrorList(): Html {
  return page(
    'Errors',
    html`<h1>Errors</h1>
      <p>
        Every error has the same form. Branch on <code>code</code>, which is stable; show
        <code>message</code> to people; and keep <code>request_id</code>, which finds the request in the logs.
      </p>
      ${envelope('NOT_FOUND')} ${listCodes()}`,
  );
}

/** One code: what happened, what to do, and how it looks. */
export function renderErrorPage(code: ErrorCode): Html {
  const { status, title, happened, remedies }: ErrorCodeEntry = ERROR_CODES[code];
  return page(
    code,
    html`<h1>${code} <span class="status">${status}</span></h1>
      <p>${withCode(title)}</p>
      <h2>What happened</h2>
      <p>${withCode(happened)}</p>
      <h2>What to do</h2>
      <ul>
        ${remedies.map((remedy) => html`<li>${withCode(remedy)}</li>`)}
      </ul>
      <h2>What it looks like</h2>
      ${envelope(code)}`,
  );
}

/** For a code that there is not: those that there are. */
export function renderUnknownError(): Html {
  return page(
    'No such error code',
    html`<h1>There is no such error code</h1>
      <p>Perhaps a letter is missing. These are all that there are:</p>
      ${listCodes()}`,
  );
}

function listCodes(): Html {
  return html`<dl>
    ${CODES.map(
      ([code, { status, title }]) =>
        html`<dt><a href="${ERRORS_PATH}/${code}">${code}</a> <span class="status">${status}</span></dt>
          <dd>${withCode(title)}</dd>`,
    )}
  </dl>`;
}

function envelope(code: ErrorCode): Html {
  const { status } = ERROR_CODES[code];
  return html`<pre>${`HTTP/1.1 ${status}\n\n${JSON.stringify(exampleError(code), null, 2)}`}</pre>`;
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Headgate API</title>
        <link rel="icon" href="data:," />
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <nav><a href="/docs">API reference</a> <a href="${ERRORS_PATH}">All errors</a></nav>
        <main>${content}</main>
      </body>
    </html>`;
}

/** Text whose parts between backticks are code. */
function withCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
