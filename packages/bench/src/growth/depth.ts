/** Whether a page deep in a list costs what the first one costs. */
import { askInTurn, pageTokens, type Line } from './ask.ts';
import { PAGE_SIZE, type Service } from './kinds.ts';
import { CROWDED, ORGANIZATION, idAt } from './layout.ts';

const STRIDE = 100;
const PROJECT = `/v1/projects/${idAt('prj', CROWDED)}`;

/** Every list that grows, by name. */
const LISTS: Readonly<Record<string, string>> = {
  databases: `${PROJECT}/databases`,
  projects: `/v1/projects?org_id=${ORGANIZATION}`,
  'projects by name': `/v1/projects?org_id=${ORGANIZATION}&sort_by=name`,
  'audit log': `/v1/organizations/${ORGANIZATION}/audit-log`,
  'audit log of a project': `${PROJECT}/audit-log`,
};

/** How long pages of one list took, at its top, in its middle and at its end. */
export interface Depth {
  readonly list: string;
  readonly items: number;
  readonly durationsMs: readonly (readonly number[])[];
}

export async function measureDepth({ url, token: credential }: Service, count: number): Promise<Depth[]> {
  const results: Depth[] = [];
  for (const [list, path] of Object.entries(LISTS)) {
    const tokens = await pageTokens(url, { method: 'GET', path, credential }, STRIDE);
    const page = `${path}${path.includes('?') ? '&' : '?'}page_size=${PAGE_SIZE}`;
    // Before the very last token there is a full page for certain.
    const positions = [undefined, tokens[Math.floor(tokens.length / 2)], tokens.at(-2)];
    const lines = positions.map((position): Line => {
      const at = position === undefined ? page : `${page}&page_token=${position}`;
      return { url, next: () => ({ method: 'GET', path: at, credential }) };
    });
    results.push({ list, items: (tokens.length + 1) * STRIDE, durationsMs: await askInTurn(lines, count) });
  }
  return results;
}
