/** All kinds of resources that can be made without a customer's server. */
import type { KindName } from '../model/rows.ts';
import { apiKeys } from './api-keys.ts';
import { cacheRules } from './cache-rules.ts';
import { certificates } from './certificates.ts';
import { customDomains } from './custom-domains.ts';
import { databases } from './databases.ts';
import type { Kind } from './kind.ts';
import { projects } from './projects.ts';
import { replicas } from './replicas.ts';

export const KINDS: readonly Kind[] = [
  projects,
  databases,
  replicas,
  certificates,
  customDomains,
  cacheRules,
  apiKeys,
];

export function kindOf(name: KindName): Kind {
  const kind = KINDS.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  return kind;
}
