import { USUAL, type Kind } from './kind.ts';

export const certificates: Kind = {
  ...USUAL,
  ...{ name: 'certificate', action: 'certificate', scope: 'databases', parent: 'project', most: 4 },
  listField: 'certificates',
  collection: (_model, parent) => `/v1/projects/${parent?.id}/certificates`,
  path: (_model, { id, parent }) => `/v1/projects/${parent?.id}/certificates/${id}`,
  make: ({ chance, certificates: inputs }) => {
    const kind = chance.pick(['ca', 'ca', 'client'] as const);
    const input = chance.pick(inputs[kind]) as { readonly certificate: string };
    const sent = { name: `${kind} certificate`, kind };
    return { body: { ...sent, ...input }, sent, keeps: { given: input.certificate } };
  },
};
