import {
  createCertificate,
  deleteCertificate,
  getCertificate,
  listCertificates,
  restoreCertificate,
} from '@headgate/core';
import * as operations from '@headgate/schema/operations';
import { isUnchanged, parseIfMatch } from '../http/conditional.ts';
import { describeAnswer, readContext, writeContext } from '../http/context.ts';
import { handle } from '../http/handle.ts';

interface Path {
  readonly project_id: string;
  readonly certificate_id: string;
}

const toPath = ({ project_id, certificate_id }: Path) => ({
  projectId: project_id,
  certificateId: certificate_id,
});

export const certificateRoutes = [
  handle(operations.listCertificates, async (c) => {
    const input = { projectId: c.req.valid('param').project_id, ...c.req.valid('query') };
    return c.json(await listCertificates({ ctx: readContext(c), input }), 200);
  }),
  handle(operations.createCertificate, async (c) => {
    const projectId = c.req.valid('param').project_id;
    const answer = await createCertificate({
      ctx: await writeContext(c),
      input: { projectId, certificate: c.req.valid('json') },
    });
    describeAnswer(c, answer, `/v1/projects/${projectId}/certificates/${answer.view.id}`);
    return c.json(answer.view, 201);
  }),
  handle(operations.getCertificate, async (c) => {
    const answer = await getCertificate({ ctx: readContext(c), input: toPath(c.req.valid('param')) });
    describeAnswer(c, answer);
    return isUnchanged(c.req.header('if-none-match'), answer.etag)
      ? c.body(null, 304)
      : c.json(answer.view, 200);
  }),
  handle(operations.deleteCertificate, async (c) => {
    const input = { ...toPath(c.req.valid('param')), ifMatch: parseIfMatch(c.req.header('if-match')) };
    await deleteCertificate({ ctx: readContext(c), input });
    return c.body(null, 204);
  }),
  handle(operations.restoreCertificate, async (c) => {
    const answer = await restoreCertificate({
      ctx: await writeContext(c),
      input: toPath(c.req.valid('param')),
    });
    describeAnswer(c, answer);
    return c.json(answer.view, 200);
  }),
] as const;
