/** What waits, and for whom. */
interface Waiting {
  /** Whose turn it takes. */
  readonly sender: string;
  /** When it came, in milliseconds of any clock that only goes forward. */
  readonly cameAt: number;
}

/**
 * A queue in which senders take turns, and of each comes next what came first: whoever sends little waits for one round
 * at most, however much others send (fair queuing, as in RFC 8290).
 */
export interface FairQueue<W extends Waiting> {
  readonly size: () => number;
  readonly add: (one: W) => void;
  /** Takes out the next in turn. */
  readonly take: () => W | undefined;
  /**
   * Takes out the oldest of whoever has the most waiting, to make room for one more of a sender's; nothing when that one
   * would have as many itself.
   */
  readonly takeToMakeRoomFor: (sender: string) => W | undefined;
  /** Takes out all that came before a time. */
  readonly takeOlderThan: (time: number) => W[];
}

/** Of one sender. What was taken is left behind in the list until the list is used up: nothing is ever moved. */
interface Line<W> {
  readonly list: W[];
  next: number;
}

export function createFairQueue<W extends Waiting>(): FairQueue<W> {
  // A Map keeps the order in which its keys were put in: the first has the next turn, and goes to the end with it.
  const lines = new Map<string, Line<W>>();
  let size = 0;
  const lengthOf = (line: Line<W> | undefined) => (line === undefined ? 0 : line.list.length - line.next);

  function takeFrom(sender: string, line: Line<W>): W | undefined {
    const one = line.list[line.next];
    line.next += 1;
    size -= 1;
    if (lengthOf(line) === 0) lines.delete(sender);
    return one;
  }

  return {
    size: () => size,
    add: (one) => {
      size += 1;
      const line = lines.get(one.sender);
      if (line === undefined) lines.set(one.sender, { list: [one], next: 0 });
      else line.list.push(one);
    },
    take: () => {
      for (const [sender, line] of lines) {
        const one = takeFrom(sender, line);
        if (lines.delete(sender)) lines.set(sender, line);
        return one;
      }
      return undefined;
    },
    takeToMakeRoomFor: (newcomer) => {
      let [longest, length]: [[string, Line<W>] | undefined, number] = [
        undefined,
        lengthOf(lines.get(newcomer)) + 1,
      ];
      for (const each of lines) if (lengthOf(each[1]) > length) [longest, length] = [each, lengthOf(each[1])];
      return longest && takeFrom(...longest);
    },
    takeOlderThan: (time) => {
      const older: W[] = [];
      for (const [sender, line] of lines) {
        while (lengthOf(line) > 0 && (line.list[line.next]?.cameAt ?? time) < time) {
          const one = takeFrom(sender, line);
          if (one !== undefined) older.push(one);
        }
      }
      return older;
    },
  };
}
