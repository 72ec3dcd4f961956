// Work sharing: every thread walks the same sequence of phases; a phase's units are handed out by an atomic counter, and it
// ends when all units are done, whoever did them. A thread that the host delays costs the others the unit in its hands, no more.

/** A word of the shared control block, by address; each has a cache line of its own. src/learner/fused/threads.ts knows them too. */
export const EPOCH: usize = 1024; // which update is going on: raised by the main thread to wake the others
export const OPEN: usize = 1088; // the epoch while threads may join it, 0 when it is closed
export const ACTIVE: usize = 1152; // threads inside the update, the main one not counted
export const FAILED: usize = 1216; // a thread died: nobody waits any longer
export const QUIT: usize = 1280; // the learner is disposed of: threads leave
const COUNTERS: usize = 4096; // two cache lines a phase: units handed out, units done
const PHASES: i32 = 1024;

/** Where the layout of networks and batches begins. */
export const HEAP: usize = COUNTERS + <usize>PHASES * 128;

// A thread that gives its core away comes back late, so it looks again for a while first.
const SPINS: i32 = 20_000; // within an update: about 50 microseconds
const IDLE_SPINS: i32 = 400_000; // between updates: about a millisecond, longer than a step of the environment
const PATIENCE: i32 = 60_000; // waits of a millisecond each until a thread that does not finish counts as dead

let phase: i32 = 0;

/** Waits until the word at `address` is `value`; traps if a thread has failed or never finishes. */
function waitFor(address: usize, value: i32): void {
  let spins = 0, naps = 0;
  while (true) {
    const found = atomic.load<i32>(address);
    if (found == value) return;
    if (atomic.load<i32>(FAILED)) unreachable();
    if (++spins > SPINS) {
      if (++naps > PATIENCE) {
        atomic.store<i32>(FAILED, 1);
        unreachable();
      }
      memory.atomic.wait32(address, found, 1_000_000);
    }
  }
}

/** One phase: runs `work` for every unit in [0, units), shared among the threads, and returns when all are done. */
export function inParallel(units: i32, work: (unit: i32) => void): void {
  const taken = COUNTERS + <usize>phase * 128, done = taken + 64;
  phase++;
  let mine = 0;
  for (let unit = atomic.add<i32>(taken, 1); unit < units; unit = atomic.add<i32>(taken, 1)) {
    work(unit);
    mine++;
  }
  if (mine > 0 && atomic.add<i32>(done, mine) + mine == units) atomic.notify(done, -1);
  waitFor(done, units);
}

/** Begins the sequence of phases; every thread calls it first. */
export function beginPhases(): void {
  phase = 0;
}

/** Main thread: clears the counters that the last update used and lets the other threads in. */
export function openUpdate(): void {
  memory.fill(COUNTERS, 0, <usize>phase * 128);
  const epoch = atomic.load<i32>(EPOCH) + 1;
  atomic.store<i32>(OPEN, epoch);
  atomic.store<i32>(EPOCH, epoch);
  atomic.notify(EPOCH, -1);
}

/** Main thread: lets no more threads in and waits until those inside have left. */
export function closeUpdate(): void {
  atomic.store<i32>(OPEN, 0);
  waitFor(ACTIVE, 0);
}

/** Another thread: waits for the update after `epoch` and enters it. Returns its number, or 0 when the learner is disposed of. */
export function enterUpdate(epoch: i32): i32 {
  let spins = 0;
  while (true) {
    if (atomic.load<i32>(QUIT)) return 0;
    const now = atomic.load<i32>(EPOCH);
    if (now != epoch) {
      epoch = now;
      atomic.add<i32>(ACTIVE, 1);
      if (atomic.load<i32>(OPEN) == now) return now;
      leaveUpdate(); // came too late
    } else if (++spins > IDLE_SPINS) {
      memory.atomic.wait32(EPOCH, now, 1_000_000_000);
    }
  }
}

/** Another thread: is done with the update. */
export function leaveUpdate(): void {
  if (atomic.sub<i32>(ACTIVE, 1) == 1) atomic.notify(ACTIVE, -1);
}
