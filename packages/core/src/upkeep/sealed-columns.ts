import { privateKeyOwner } from '../certificates/certificates-of.ts';
import { passwordOwner } from '../databases/password.ts';
import { primaryPasswordOwner } from '../replication-slots/primary-password.ts';

/** A column in which secrets lie that are kept for good, each sealed for its row. */
export interface SealedColumn {
  readonly table: 'databases' | 'certificates' | 'replication_slots';
  readonly column: string;
  /** Which key each lies under. */
  readonly keyColumn: string;
  /** The identity that the secret of a row is bound to. */
  readonly owner: (id: string) => string;
}

/**
 * All of them: what is sealed anew when the key changes. Secrets of idempotency records are not among them, since those
 * are gone within a day.
 */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    ...{ table: 'databases', column: 'sealed_password', keyColumn: 'sealing_key_id' },
    owner: passwordOwner,
  },
  {
    ...{ table: 'databases', column: 'staged_sealed_password', keyColumn: 'staged_sealing_key_id' },
    owner: passwordOwner,
  },
  {
    ...{ table: 'databases', column: 'previous_sealed_password', keyColumn: 'previous_sealing_key_id' },
    owner: passwordOwner,
  },
  {
    ...{ table: 'certificates', column: 'sealed_private_key', keyColumn: 'sealing_key_id' },
    owner: privateKeyOwner,
  },
  {
    ...{ table: 'replication_slots', column: 'sealed_primary_password', keyColumn: 'sealing_key_id' },
    owner: primaryPasswordOwner,
  },
];
