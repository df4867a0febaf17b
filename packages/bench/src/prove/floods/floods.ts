import type { Part, Proof } from '../part.ts';
import { proveHostile } from './hostile.ts';
import { proveOverload } from './overload.ts';
import { startFloodStand } from './stand.ts';

/** Of the time that the stand leaves. */
const OVERLOAD_SHARE = 0.55;

/** Asks more of one instance than it can serve, and asks it for what it must not give. */
export const floods: Part = { name: 'floods', share: 0.25, prove };

async function prove(proof: Proof): Promise<void> {
  const startedAt = performance.now();
  const flooded = await startFloodStand(proof);
  try {
    const leftMs = Math.max(proof.budgetMs - (performance.now() - startedAt), proof.budgetMs / 2);
    await proveOverload(proof, flooded, leftMs * OVERLOAD_SHARE);
    await proveHostile(proof, flooded, leftMs * (1 - OVERLOAD_SHARE));
  } finally {
    flooded.close();
  }
}
