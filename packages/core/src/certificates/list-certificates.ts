import type { CertificateList } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { readNewestFirst } from '../newest-first.ts';
import type { Order, PageInput } from '../page.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { reader } from '../reader.ts';
import { certificateView, selectCertificates } from './row.ts';

const ORDER: Order = { name: 'certificates by created_at', kind: 'cert', key: 'time' };

interface ListCertificates extends PageInput {
  readonly projectId: string;
}

/** The certificates of a project, newest first. */
export async function listCertificates({ ctx, input }: Verb<ListCertificates>): Promise<CertificateList> {
  const { run } = reader(ctx);
  const project = await lookupOwner(
    ctx,
    { run },
    { id: input.projectId, action: 'certificate.list', to: 'list' },
  );
  const listing = { order: ORDER, of: project.id };
  const rows = selectCertificates.where('project_id', '=', project.id).where('deleted_at', 'is', null);
  const { page_token: token, page_size: size } = input;
  const { page, next } = await readNewestFirst(ctx, { run }, { rows, listing, token, size });
  return { certificates: page.map(certificateView), ...next };
}
