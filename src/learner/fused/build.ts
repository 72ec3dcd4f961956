/** Compiles the kernels from AssemblyScript; only developers need it, the result is committed. */

import asc from "assemblyscript/asc";
import { productSource } from "./product_source.ts";

/**
 * Binaryen's passes that pay here. Its usual pipeline (-O3) also moves each multiply-add to where its result is used, which puts the steps of an
 * unrolled product one behind the other on the same accumulator and leaves V8 with too few registers.
 */
const passes = [
  "inlining",
  "dce",
  "remove-unused-names",
  "remove-unused-brs",
  "optimize-instructions",
  "precompute-propagate",
  "vacuum",
  "merge-blocks",
  "coalesce-locals",
  "reorder-locals",
  "remove-unused-module-elements",
];

const sources = new URL("./assembly/", import.meta.url);

/**
 * The bytes of `kernels.wasm` as the sources give them.
 *
 * @throws {Error} with the compiler's messages if they do not compile
 */
export async function buildKernels(): Promise<Uint8Array> {
  const files: Record<string, string> = { "products.ts": productSource() };
  for (const entry of Deno.readDirSync(sources)) {
    if (entry.name.endsWith(".ts")) files[entry.name] = Deno.readTextFileSync(new URL(entry.name, sources));
  }
  let binary: Uint8Array | undefined;
  // asc's stderr must be a stream that it can write to.
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([
    "index.ts",
    "--outFile=kernels.wasm",
    "-O0",
    `--runPasses=${passes.join(",")}`,
    "--noAssert",
    "--runtime=stub",
    "--use=abort=",
    "--enable=simd,relaxed-simd,threads",
    "--sharedMemory",
    "--importMemory",
    "--initialMemory=1",
    "--maximumMemory=65536",
    "--memoryBase=64",
  ], {
    stderr: messages,
    readFile: (name) => files[name.replace(/^\.\//, "")] ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`The kernels do not compile: ${error?.message ?? ""}\n${messages.toString()}`);
  return binary;
}
