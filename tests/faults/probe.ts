/** A program that tries what training has no business with, in itself and in a worker, and prints what it was let do, as JSON. */

/** Paths to write: within the run's own folder, and elsewhere. */
interface Paths {
  readonly own: string;
  readonly elsewhere: readonly string[];
}

const isWorker = "WorkerGlobalScope" in globalThis;

/** All that it was let do. */
async function probe({ own, elsewhere }: Paths): Promise<string[]> {
  const allowed: string[] = [];
  const attempt = async (name: string, act: () => unknown) => {
    try {
      await act();
      allowed.push(name);
    } catch (error) {
      // An attempt must be refused for want of a permission; that something is wrong with it proves nothing.
      if (!(error instanceof Deno.errors.NotCapable)) allowed.push(`${name}: ${error}`);
    }
  };
  await attempt("write its own folder", () => Deno.mkdirSync(own, { recursive: true }));
  await attempt("write a file in it", () => Deno.writeTextFileSync(`${own}/probe-${isWorker}`, "x"));
  for (const path of elsewhere) {
    await attempt(`write ${path}`, () => Deno.writeTextFileSync(path, "x"));
    await attempt(`remove ${path}`, () => Deno.removeSync(path));
    await attempt(`rename to ${path}`, () => Deno.renameSync(`${own}/probe-${isWorker}`, path));
    await attempt(`make folder ${path}`, () => Deno.mkdirSync(path));
    await attempt(`open ${path}`, () => Deno.openSync(path, { append: true }).close());
  }
  await attempt("link out of it", () => Deno.symlinkSync(elsewhere[0]!, `${own}/link`));
  await attempt("connect", () => Deno.connect({ hostname: "127.0.0.1", port: 4507 }));
  await attempt("resolve a name", () => Deno.resolveDns("localhost", "A"));
  await attempt("fetch", () => fetch("http://127.0.0.1:4507/"));
  await attempt("open a web socket", () => new WebSocket("ws://127.0.0.1:4507/"));
  await attempt("listen", () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close());
  await attempt("serve", () => Deno.serve({ hostname: "127.0.0.1", port: 0 }, () => new Response()).shutdown());
  await attempt("run a program", () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync());
  await attempt("signal a process", () => Deno.kill(Deno.ppid, "SIGCONT"));
  await attempt("load a library", () => Deno.dlopen("/lib/nothing.so", {}));
  await attempt("ask for the host's name", () => Deno.hostname());
  if (Deno.env.get("HOME") !== undefined) allowed.push("read a variable");
  return allowed;
}

if (isWorker) {
  const scope = globalThis as unknown as { onmessage: (event: MessageEvent<Paths>) => void };
  scope.onmessage = async ({ data }) => (globalThis as unknown as Worker).postMessage(await probe(data));
} else {
  const paths = JSON.parse(Deno.args[0]!) as Paths, allowed = await probe(paths);
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify({ allowed, inWorker: data }));
    Deno.exit(0);
  };
  worker.postMessage(paths);
}
