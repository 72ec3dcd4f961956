// Work sharing: every thread walks the same sequence of phases. A phase's units are cut into one share of neighbours for each
// thread, which takes those of its own share first and then helps with the others', all by atomic counters; the phase ends when
// all units are done, whoever did them. So a thread finds in its core's cache what it wrote there in the phases before (between
// cores that share no cache a line takes some hundred nanoseconds), and a thread that the host delays costs the others the unit
// in its hands, no more.

/** A word of the shared control block, by address; each has a cache line of its own. src/learner/fused/threads.ts knows them too. */
export const EPOCH: usize = 2048; // which update is going on: raised by the main thread to wake the others
export const OPEN: usize = 2112; // the epoch while threads may join it, 0 when it is closed
export const ACTIVE: usize = 2176; // threads inside the update, the main one not counted
export const FAILED: usize = 2240; // a thread died: nobody waits any longer
export const QUIT: usize = 2304; // the learner is disposed of: threads leave

/** Where the layout of networks and batches begins. */
export const HEAP: usize = 4096;

/** Phases of an update's beginning, critics and first pass of the actor, and of each policy step with its temperature step, at most. */
const CRITIC_PHASES: i32 = 16;
const POLICY_PHASES: i32 = 20;

// A thread that gives its core away comes back late, so it looks again for a while first.
const SPINS: i32 = 20_000; // within an update: about 50 microseconds
const IDLE_SPINS: i32 = 400_000; // between updates: about a millisecond, longer than a step of the environment
const PATIENCE: i32 = 60_000; // waits of a millisecond each until a thread that does not finish counts as dead

let phase: i32 = 0;
let phases: i32 = 0; // for which there are counters
let me: i32 = 0; // this thread's number
let threads: i32 = 1; // that share an update
let counters: usize = 0; // a cache line each for a phase's units done, and for those taken of each share

/** Bytes of the counters. */
export function counterBytes(policySteps: i32, threads: i32): usize {
  return <usize>(CRITIC_PHASES + POLICY_PHASES * policySteps) * <usize>(threads + 1) << 6;
}

/** Tells this instance which of how many threads it serves, and where their counters are. */
export function joinThreads(thread: i32, count: i32, policySteps: i32, at: usize): void {
  me = thread;
  threads = count;
  counters = at;
  phases = CRITIC_PHASES + POLICY_PHASES * policySteps;
}

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

/**
 * One phase: runs `work` for every unit in [0, units), shared among the threads, and returns when all are done. Units that work on
 * the same data in different phases should stand at about the same place among all units.
 */
export function inParallel(units: i32, work: (unit: i32) => void): void {
  if (phase == phases) unreachable();
  const done = counters + (<usize>(phase * (threads + 1)) << 6);
  phase++;
  let mine = 0;
  for (let i = 0; i < threads; i++) {
    const share = (me + i) % threads, first = units * share / threads, count = units * (share + 1) / threads - first;
    const taken = done + (<usize>(share + 1) << 6);
    for (let unit = atomic.add<i32>(taken, 1); unit < count; unit = atomic.add<i32>(taken, 1)) {
      work(first + unit);
      mine++;
    }
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
  memory.fill(counters, 0, <usize>(phase * (threads + 1)) << 6);
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
