/** Attacks from a process of its own, which has all the connections that it holds. */
import { attack, type AttackOrder } from './attacks.ts';

process.once('message', (order: AttackOrder) => {
  void attack(order).then((report) => process.send?.(report, () => process.disconnect()));
});
