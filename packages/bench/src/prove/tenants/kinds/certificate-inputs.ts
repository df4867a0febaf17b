import { createPrivateKey } from 'node:crypto';
import { createAuthority } from '@headgate/testing/certificates';
import type { Evidence } from '../../evidence.ts';

export interface CertificateInputs {
  readonly ca: readonly object[];
  readonly client: readonly object[];
}

const AUTHORITIES = 4;

/** Certificates that all tenants share, as people share those of providers. Each key is a secret to be looked for. */
export async function makeCertificateInputs(evidence: Evidence): Promise<CertificateInputs> {
  const ca: object[] = [];
  const client: object[] = [];
  for (let number = 1; number <= AUTHORITIES; number += 1) {
    const authority = await createAuthority(`Authority ${number}`);
    const { certificate, key } = await authority.issue({ name: `client-${number}` });
    for (const part of secretsOf(key)) evidence.know(part);
    ca.push({ kind: 'ca', certificate: authority.certificate });
    client.push({ kind: 'client', certificate, private_key: key });
  }
  return { ca, client };
}

/** What gives a key away: the number itself, and how its PEM begins. The rest of a PEM holds the public key too. */
function secretsOf(pem: string): (string | Uint8Array)[] {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  return [d, Buffer.from(d, 'base64url'), pem.split('\n')[1] ?? ''];
}
