import { describe, expect, test } from 'vitest';
import { createAdmission, type Place } from '../src/http/admission.ts';

const PATIENCE_MS = 250;

/** An admission whose clock stands still until the test moves it, and what became of each request. */
function admit({ places = 2, maxUnderWay = 100, maxWaiting = 100 } = {}) {
  let time = 0;
  const admission = createAdmission({
    places,
    maxUnderWay,
    maxWaiting,
    patienceMs: PATIENCE_MS,
    now: () => time,
  });
  const started: string[] = [];
  const refused: string[] = [];
  const held = new Map<string, Place>();
  const gone = new Set<string>();
  return {
    ...{ started, refused, held, state: admission.state },
    apply: (name: string, sender = name, isKnown = true) =>
      admission.apply({
        ...{ sender, isKnown, isGone: () => gone.has(name), refuse: () => refused.push(name) },
        start: (place) => {
          started.push(name);
          held.set(name, place);
        },
      }),
    finish: (name: string) => held.get(name)?.release(),
    leave: (name: string) => gone.add(name),
    pass: (ms: number) => {
      time += ms;
      admission.expire();
    },
  };
}

describe('a request', () => {
  test('is worked on at once while there is a place, and waits for one otherwise', () => {
    const all = admit();
    for (const name of ['a', 'b', 'c']) all.apply(name);
    expect(all.started).toEqual(['a', 'b']);
    expect(all.state()).toMatchObject({ working: 2, waiting: 1 });
    all.finish('a');
    expect(all.started).toEqual(['a', 'b', 'c']);
  });

  test('gives its place back once, however often it is told to', () => {
    const all = admit();
    for (const name of ['a', 'b', 'c', 'd', 'e']) all.apply(name);
    all.finish('a');
    all.finish('a');
    expect(all.started).toEqual(['a', 'b', 'c']);
    expect(all.state()).toMatchObject({ working: 2 });
  });

  test('that has waited too long is refused, also when nothing else happens, and never begun', () => {
    const all = admit();
    for (const name of ['a', 'b', 'c']) all.apply(name);
    all.pass(PATIENCE_MS);
    expect(all.refused).toEqual([]);
    all.pass(1);
    expect(all.refused).toEqual(['c']);
    all.finish('a');
    expect(all.started).toEqual(['a', 'b']);
    expect(all.state()).toMatchObject({ waiting: 0, refused: 1 });
  });

  test('whose caller has left is neither begun nor refused', () => {
    const all = admit();
    for (const name of ['a', 'b', 'c', 'd']) all.apply(name);
    all.leave('c');
    all.finish('a');
    expect(all.started).toEqual(['a', 'b', 'd']);
    expect(all.refused).toEqual([]);
    expect(all.state()).toMatchObject({ gone: 1, refused: 0 });
  });

  test('leaves its place to others while it waits for somebody else, and goes on without waiting again', async () => {
    const all = admit({ places: 1 });
    all.apply('a');
    all.apply('b');
    const { promise, resolve } = Promise.withResolvers<string>();
    const work = all.held.get('a')?.whileElsewhere(async () => await promise);
    expect(all.started).toEqual(['a', 'b']);
    expect(all.state()).toMatchObject({ working: 1, elsewhere: 1 });
    resolve('done');
    expect(await work).toBe('done');
    expect(all.state()).toMatchObject({ working: 2, elsewhere: 0 });
    all.finish('a');
    all.finish('b');
    expect(all.state()).toMatchObject({ working: 0, elsewhere: 0 });
  });

  test('that is answered while part of it is elsewhere still takes no place when that comes back', async () => {
    const all = admit({ places: 1 });
    all.apply('a');
    const { promise, reject } = Promise.withResolvers<never>();
    const work = all.held.get('a')?.whileElsewhere(async () => await promise);
    all.finish('a');
    expect(all.state()).toMatchObject({ working: 0, elsewhere: 0 });
    reject(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    expect(all.state()).toMatchObject({ working: 0, elsewhere: 0 });
  });

  test('is not begun when too many are under way elsewhere', () => {
    const all = admit({ places: 1, maxUnderWay: 2 });
    for (const name of ['a', 'b', 'c']) {
      all.apply(name);
      void all.held.get(name)?.whileElsewhere(async () => await new Promise(() => {}));
    }
    expect(all.started).toEqual(['a', 'b']);
    all.finish('a');
    expect(all.started).toEqual(['a', 'b', 'c']);
  });
});

describe('when there are more than can be worked on', () => {
  test('senders take turns, and of each comes next what came first', () => {
    const all = admit({ places: 1 });
    all.apply('working');
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) all.apply(name, name.slice(0, 1));
    for (const name of ['working', 'a1', 'b1', 'c1', 'a2']) all.finish(name);
    expect(all.started).toEqual(['working', 'a1', 'b1', 'c1', 'a2', 'a3']);
  });

  test('a full queue loses the oldest of whoever has the most in it, and not of who sends little', () => {
    const all = admit({ places: 1, maxWaiting: 4 });
    all.apply('working');
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) all.apply(name, name.slice(0, 1));
    expect(all.refused).toEqual(['a1']);
    all.apply('a4', 'a');
    expect(all.refused).toEqual(['a1', 'a4']);
    all.apply('c1', 'c');
    expect(all.refused).toEqual(['a1', 'a4', 'a2']);
  });

  test('a queue that does not go away is kept as short as there are places, and refuses at once', () => {
    const all = admit({ places: 2, maxWaiting: 50 });
    for (let n = 0; n < 12; n += 1) all.apply(`burst ${n}`);
    expect(all.state()).toMatchObject({ waiting: 10, refused: 0 });
    all.pass(PATIENCE_MS + 1);
    expect(all.state()).toMatchObject({ waiting: 0, refused: 10 });
    for (let n = 0; n < 12; n += 1) all.apply(`standing ${n}`);
    expect(all.state()).toMatchObject({ waiting: 2, refused: 20 });
    // Once somebody has not had to wait, there is room for a burst again.
    for (const name of ['burst 0', 'burst 1', 'standing 0', 'standing 1']) all.finish(name);
    for (let n = 0; n < 12; n += 1) all.apply(`next ${n}`);
    expect(all.state()).toMatchObject({ waiting: 10, refused: 20 });
  });

  test('those who are not known have half of the places, and those who are known go on', () => {
    const all = admit({ places: 4 });
    for (let n = 0; n < 10; n += 1) all.apply(`stranger ${n}`, 'an address', false);
    expect(all.started).toHaveLength(2);
    all.apply('a');
    all.apply('b');
    expect(all.started.slice(2)).toEqual(['a', 'b']);
  });

  test('those who are known and those who are not take turns, however many addresses strangers have', () => {
    const all = admit({ places: 1 });
    all.apply('working');
    for (let n = 0; n < 5; n += 1) all.apply(`s${n}`, `address ${n}`, false);
    for (const name of ['a1', 'a2']) all.apply(name, 'a');
    for (const name of ['working', 'a1', 's0', 'a2', 's1']) all.finish(name);
    expect(all.started).toEqual(['working', 'a1', 's0', 'a2', 's1', 's2']);
  });
});
