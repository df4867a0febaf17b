import { randomBytes } from 'node:crypto';
import { insert } from '@headgate/db';
import { newId, type CreateCustomDomain, type CustomDomain } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Context, Verb } from '../context.ts';
import { mutate } from '../mutate.ts';
import { lookupOwner, type Owner } from '../projects/lookup-owner.ts';
import { entered } from './entered.ts';
import { checkDomainLimit } from './limit.ts';
import { orNameTaken } from './name-taken.ts';
import { readDomainName, type DomainName } from './name.ts';
import type { CustomDomainRow } from './row.ts';

/** Nobody guesses what another project's record has to say. */
const TOKEN_BYTES = 20;

interface Create {
  readonly projectId: string;
  readonly customDomain: CreateCustomDomain;
}

/** Claims a name for a project. Who else claims it, or has it, is neither asked nor told: DNS decides at `verify`. */
export async function createCustomDomain({ ctx, input }: Verb<Create>): Promise<Answer<CustomDomain>> {
  const creation = mutate(ctx, 'customDomain.create', async (tx) => {
    const project = await lookupOwner(ctx, tx, {
      id: input.projectId,
      action: 'customDomain.create',
      to: 'add',
    });
    const name = readDomainName(input.customDomain.domain, ctx.settings);
    await checkDomainLimit(ctx, tx, project, { adding: 1 });
    const row = newRow(ctx, project, name);
    return {
      on: project,
      writes: [insert('custom_domains', row)],
      ...entered(ctx, 'customDomain.create', row),
    };
  });
  return await orNameTaken(
    'The project has this domain already. Use that one, or delete it first.',
    creation,
  );
}

function newRow(ctx: Context, owner: Pick<Owner, 'id' | 'org_id'>, name: DomainName): CustomDomainRow {
  const now = ctx.clock.now();
  return {
    id: newId('dom'),
    org_id: owner.org_id,
    project_id: owner.id,
    ...name,
    verification_token: `headgate-verification=${randomBytes(TOKEN_BYTES).toString('hex')}`,
    verified_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
    deleted_at: null,
    deleted_with_project: false,
  };
}
