import { listNames } from './list-names.ts';
import type { Rehearsal } from './rehearse.ts';
import { failed, passed, skipped, type SlotCheck } from './slot-check.ts';
import type { SlotFacts, SlotNames } from './slot-facts.ts';
import type { SlotRow } from './slot-row.ts';

/** What is known of a slot and its publication. */
export interface SlotPair extends SlotNames {
  /** Of the server that has the slot. */
  readonly server: SlotFacts;
  /** Of the server where publications are made: the primary of a standby, and the same elsewhere. */
  readonly publisher: SlotFacts;
  /** Whether what is missing is to be made. */
  readonly createIfMissing: boolean;
  /** Tables that the publication is to have and does not. */
  readonly unpublished: readonly string[];
  /** What came of finding out whether the slot can be read with the publication; undefined while that was not done. */
  readonly rehearsal: Rehearsal | undefined;
}

/** Holds a slot and its publication against each other, and against what a reader needs. */
export function judgePair(pair: SlotPair): SlotCheck[] {
  return [judgePublication(pair), judgeSlot(pair), judgeOrder(pair)];
}

function judgePublication({ publication, publisher, createIfMissing, unpublished }: SlotPair): SlotCheck {
  const name = 'publication';
  if (!publisher.hasPublication) {
    return createIfMissing
      ? skipped(name)
      : failed(name, 'publication_missing', `There is no publication ${publication} in this database.`);
  }
  if (unpublished.length === 0) return passed(name);
  return failed(
    name,
    'publication_lacks_tables',
    `The publication ${publication} is there and does not have ${listNames(unpublished)}.`,
  );
}

function judgeSlot({ slot, server, createIfMissing }: SlotPair): SlotCheck {
  const name = 'slot';
  if (server.slot === undefined) {
    return createIfMissing
      ? skipped(name)
      : failed(name, 'slot_missing', `There is no replication slot ${slot} on the server.`);
  }
  const wrong = flawOf(server.slot);
  return wrong === undefined ? passed(name) : failed(name, wrong.code, `The slot ${slot} ${wrong.words}.`);
}

/** The first that applies is told. */
const FLAWS = [
  { code: 'slot_is_physical', words: 'is a physical one', isFlawed: (row: SlotRow) => !row.isLogical },
  {
    code: 'slot_other_database',
    words: 'is of another database',
    isFlawed: (row: SlotRow) => !row.isOfDatabase,
  },
  {
    code: 'slot_wrong_plugin',
    words: 'has another plugin than pgoutput',
    isFlawed: (row: SlotRow) => !row.isPgoutput,
  },
  { code: 'slot_is_temporary', words: 'is a temporary one', isFlawed: (row: SlotRow) => row.isTemporary },
  {
    code: 'slot_is_synced',
    words: 'is synchronized from the primary',
    isFlawed: (row: SlotRow) => row.isSynced,
  },
  { code: 'slot_invalidated', words: 'is lost', isFlawed: (row: SlotRow) => row.isInvalidated },
] as const;

function flawOf(row: SlotRow) {
  return FLAWS.find(({ isFlawed }) => isFlawed(row));
}

/** Nothing is said of the order where no reader could use the slot anyway. */
function judgeOrder(pair: SlotPair): SlotCheck {
  const { slot, publication, server, publisher, createIfMissing, rehearsal } = pair;
  const name = 'publication_before_slot' as const;
  const isSlotGood = server.slot !== undefined && flawOf(server.slot) === undefined;
  if (!isSlotGood || !(publisher.hasPublication || createIfMissing)) return skipped(name);
  // A standby that has the slot and has not replayed the publication yet made the slot first.
  if (!publisher.hasPublication || !server.hasPublication)
    return failed(
      name,
      'publication_newer_than_slot',
      `The slot ${slot} is there and the publication ${publication} is not: made now, it would be newer than the slot.`,
    );
  if (rehearsal === undefined) return skipped(name);
  return rehearsal === 'fails'
    ? failed(
        name,
        'publication_newer_than_slot',
        `The slot ${slot} still has to read what was written before the publication ${publication} was made, and fails at it.`,
      )
    : passed(name);
}
