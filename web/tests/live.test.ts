import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locks } from '../shared/one_stream';
import { Live, type LiveWorld } from '../shared/live';

/* Web Locks as the standard has them: exclusive, first come first served, a waiting request may be aborted. */
function fakeLocks(): Locks {
  const queues = new Map<string, (() => void)[]>();
  const held = new Set<string>();
  const grant = (name: string) => {
    const next = held.has(name) ? undefined : queues.get(name)?.shift();
    if (next) {
      held.add(name);
      next();
    }
  };
  const request = (name: string, options: { signal: AbortSignal }, callback: () => Promise<void>) =>
    new Promise<void>((resolve, reject) => {
      const run = () => void Promise.resolve(callback()).then(() => {
        held.delete(name);
        resolve();
        grant(name);
      });
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      queue.push(run);
      options.signal.addEventListener('abort', () => {
        const at = queue.indexOf(run);
        if (at >= 0) queue.splice(at, 1);
        if (at >= 0) reject(new Error('aborted'));
      });
      queueMicrotask(() => grant(name));
    });
  return { request } as unknown as Locks;
}

/* A tab whose time is moved by hand. */
function tab(locks: Locks | null, streamsWork = true) {
  const timers = new Map<number, { at: number; run: () => void }>();
  const seen = { polls: [] as number[], open: 0, opened: 0, answers: true, trouble: () => {} };
  let now = 0;
  let next = 1;
  const world: LiveWorld = {
    locks,
    lockName: 'stream',
    poll: async () => {
      seen.polls.push(now);
      return seen.answers;
    },
    openStream: (onState, onTrouble) => {
      seen.open += 1;
      seen.opened += 1;
      seen.trouble = onTrouble;
      if (streamsWork) queueMicrotask(onState);
      let closed = false;
      return { close: () => { if (!closed) seen.open -= 1; closed = true; } };
    },
    later: (run, ms) => {
      const id = next++;
      timers.set(id, { at: now + ms, run });
      return () => timers.delete(id);
    },
  };
  const live = new Live(world);
  const pass = async (ms: number) => {
    const end = now + ms;
    for (;;) {
      await settle();
      const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      timers.delete(due[0]);
      now = due[1].at;
      due[1].run();
    }
    now = end;
    await settle();
  };
  return { live, seen, pass };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('of eight waiting tabs one holds a stream and the others ask', async () => {
  const locks = fakeLocks();
  const tabs = Array.from({ length: 8 }, () => tab(locks));
  for (const { live } of tabs) live.update(true, true);
  for (const { pass } of tabs) await pass(10_000);
  assert.deepEqual(tabs.map(({ seen }) => seen.open), [1, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(tabs[0]?.seen.polls.length, 0);
  for (const { seen } of tabs.slice(1)) assert.equal(seen.polls.length, 5);
});

test('the stream is handed on when its holder stops or is hidden, never held twice', async () => {
  const locks = fakeLocks();
  const tabs = [tab(locks), tab(locks), tab(locks)];
  const open = () => tabs.map(({ seen }) => seen.open);
  for (const { live } of tabs) live.update(true, true);
  await settle();
  assert.deepEqual(open(), [1, 0, 0]);
  tabs[0]?.live.stop();
  await settle();
  assert.deepEqual(open(), [0, 1, 0]);
  tabs[1]?.live.update(true, false);
  await settle();
  assert.deepEqual(open(), [0, 0, 1]);
  tabs[2]?.live.stop();
  await settle();
  assert.deepEqual(open(), [0, 0, 0]);
});

test('a tab that leaves the line before its turn never opens a stream', async () => {
  const locks = fakeLocks();
  const [first, second] = [tab(locks), tab(locks)];
  first.live.update(true, true);
  second.live.update(true, true);
  await settle();
  second.live.stop();
  first.live.stop();
  await settle();
  assert.equal(second.seen.opened, 0);
});

test('without locks nobody streams and the page works by asking', async () => {
  const one = tab(null);
  one.live.update(true, true);
  await one.pass(10_000);
  assert.equal(one.seen.opened, 0);
  assert.deepEqual(one.seen.polls, [2_000, 4_000, 6_000, 8_000, 10_000]);
});

test('a working stream is checked now and then, in case it died silently', async () => {
  const one = tab(fakeLocks());
  one.live.update(true, true);
  await one.pass(60_000);
  assert.deepEqual(one.seen.polls, [20_000, 40_000, 60_000]);
});

test('a stream that says nothing is given up, asked around, and tried again later', async () => {
  const one = tab(fakeLocks(), false);
  one.live.update(true, true);
  await one.pass(6_000);
  assert.equal(one.seen.open, 0);
  assert.ok(one.seen.polls.length >= 2);
  await one.pass(30_000);
  assert.equal(one.seen.opened, 2);
});

test('a broken stream asks at once and lets another tab try', async () => {
  const locks = fakeLocks();
  const [first, second] = [tab(locks), tab(locks)];
  first.live.update(true, true);
  second.live.update(true, true);
  await settle();
  first.seen.trouble();
  await settle();
  assert.deepEqual(first.seen.polls, [0]);
  assert.deepEqual([first.seen.open, second.seen.open], [0, 1]);
});

test('a hidden tab has no stream and asks ever more slowly', async () => {
  const one = tab(fakeLocks());
  one.live.update(true, false);
  await one.pass(180_000);
  assert.equal(one.seen.opened, 0);
  const gaps = one.seen.polls.map((at, index) => at - (one.seen.polls[index - 1] ?? 0));
  assert.deepEqual(gaps.slice(0, 3), [5_000, 7_500, 11_250]);
  assert.equal(gaps.at(-1), 30_000);
});

test('a tab that is shown again asks at once', async () => {
  const one = tab(fakeLocks());
  one.live.update(true, false);
  await one.pass(1_000);
  one.live.update(true, true);
  await settle();
  assert.deepEqual(one.seen.polls, [1_000]);
  assert.equal(one.seen.open, 1);
});

test('without an answer the asking slows down and recovers', async () => {
  const one = tab(null);
  one.live.update(true, true);
  one.seen.answers = false;
  await one.pass(2_000 + 1_000 + 2_000 + 4_000 + 8_000 + 15_000 + 15_000);
  assert.deepEqual(one.seen.polls, [2_000, 3_000, 5_000, 9_000, 17_000, 32_000, 47_000]);
  one.seen.answers = true;
  one.live.nudge();
  await settle();
  await one.pass(4_000);
  assert.deepEqual(one.seen.polls.slice(-3), [47_000, 49_000, 51_000]);
});

test('nothing is asked or held after the wait is over', async () => {
  const one = tab(fakeLocks());
  one.live.update(true, true);
  await one.pass(1_000);
  one.live.stop();
  one.live.nudge();
  await one.pass(120_000);
  assert.equal(one.seen.open, 0);
  assert.deepEqual(one.seen.polls, []);
});

test('waiting again after a stop listens again', async () => {
  const one = tab(fakeLocks());
  one.live.update(true, true);
  await settle();
  one.live.stop();
  await settle();
  one.live.update(true, true);
  await settle();
  assert.equal(one.seen.open, 1);
  assert.equal(one.seen.opened, 2);
});
