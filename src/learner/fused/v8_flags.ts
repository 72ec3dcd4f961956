/**
 * The V8 flags with which the kernels run at more than twice their speed on x64; deno.json's tasks carry them, too. They count only from
 * a process's start.
 *
 * - `--experimental-wasm-revectorize` joins neighbouring 128-bit operations into 256-bit ones. The results are the same to the bit
 *   (the learner checks that at every start); only arithmetic that is independent lane by lane is joined.
 * - `--no-wasm-bounds-checks` leaves out the checks that keep the joining from happening. A WASM program that went astray could then
 *   touch memory outside its own, as a native program can. Here only two such programs run: these kernels, whose addresses
 *   all come from sizes that TypeScript has checked, and MuJoCo, which is checked no more than its native build is. Never use it
 *   for WASM from strangers.
 */
export const v8Flags = "--v8-flags=--no-wasm-bounds-checks,--experimental-wasm-revectorize";
