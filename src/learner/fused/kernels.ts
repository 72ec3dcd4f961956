/** The WASM kernels as TypeScript sees them: their exports and their memory. */

/** The committed kernels; `deno task build:kernels` makes them from `assembly/`. */
export const kernelsUrl: URL = new URL("./kernels.wasm", import.meta.url);

/** What `kernels.wasm` exports; `assembly/index.ts` tells the meaning. Addresses and sizes are in bytes. */
export interface Kernels {
  configure(
    observationSize: number,
    actionSize: number,
    hidden: number,
    batchSize: number,
    policySteps: number,
  ): number;
  threadBytes(threads: number): number;
  setThread(thread: number, threads: number, base: number): void;
  setTile(tile: number): void;
  refresh(): void;
  update(): void;
  updateAlone(): void;
  updatePart(part: number): void;
  serve(): void;
  act(withNoise: boolean): void;
  critic(which: number): number;
  actorAddress(): number;
  actorBytes(): number;
  actorLayerOffset(layer: number): number;
  criticBytes(): number;
  criticLayerOffset(layer: number): number;
  temperatureAddress(): number;
  constantsAddress(): number;
  ordersAddress(): number;
  resultsAddress(): number;
  inputObservationsAddress(): number;
  inputActionsAddress(): number;
  inputRewardsAddress(): number;
  inputNextObservationsAddress(): number;
  inputTerminatedAddress(): number;
  noiseForUpdateAddress(): number;
  observationAddress(): number;
  noiseAddress(): number;
  actionAddress(): number;
  product(form: number, a: number, b: number, bias: number, c: number, rows: number, panels: number): void;
  takenSteps(all: boolean): number;
  sparseProduct(
    form: number,
    a: number,
    b: number,
    other: number,
    c: number,
    order: number,
    lists: number,
    panels: number,
  ): void;
  groupRows(x: number, panelBytes: number, start: number, end: number, panels: number, order: number): void;
  orderColumns(counts: number, start: number, end: number, order: number): void;
  multiplyAddPeak(rounds: number, out: number): void;
  multiplyAdd(a: number, b: number, c: number): number;
  exp32(x: number): number;
  tanh32(x: number): number;
  log32(x: number): number;
}

/** Words of the control block of `assembly/schedule.ts`, as indices of 32-bit integers. */
export const controlWords = { EPOCH: 2048 / 4, FAILED: 2240 / 4, QUIT: 2304 / 4 } as const;

/** Bytes in a page of WASM memory. */
const PAGE = 65536;

let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiled module, once per process. */
export function compileKernels(): Promise<WebAssembly.Module> {
  return compiled ??= Deno.readFile(kernelsUrl).then((bytes) => WebAssembly.compile(bytes));
}

/** A shared memory that can grow to WASM's 4 GiB; only what is used takes up real memory. */
export function makeMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
}

/** Makes the memory at least `bytes` long. Earlier views keep to the part that they cover. */
export function reserveMemory(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) memory.grow(missing);
}

/** An instance of the kernels on a memory; every thread has its own. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
