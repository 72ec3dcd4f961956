import assert from "node:assert/strict";
import { checkLog, CsvLog, shortestFloat32 } from "../src/run/csv_log.ts";
import { EventLog, readEvents } from "../src/run/events.ts";
import { withFolder } from "./helpers/runs.ts";
import { RandomStream } from "../src/random.ts";

const columns = { step: "integer", loss: "float32", value: "float64" } as const;

Deno.test("csv log: numbers are the shortest that read back the same", () =>
  withFolder((folder) => {
    const path = `${folder}/log.csv`, log = CsvLog.open(path, columns, 0);
    log.append({ step: 1, loss: Math.fround(0.1), value: 0.1 });
    log.append({ value: 1e-7, loss: -0, step: 1000000 }); // in any order
    log.append({ step: 3, loss: Math.fround(16777217), value: 0.1 + 0.2 });
    assert.equal(log.length, Deno.statSync(path).size);
    log.close();
    assert.equal(
      Deno.readTextFileSync(path),
      "step,loss,value\n1,0.1,0.1\n1000000,0,1e-7\n3,16777216,0.30000000000000004\n",
    );
  }));

Deno.test("csv log: float32 texts read back to the bit", () => {
  const random = new RandomStream(1, "test"), bits = new Uint32Array(1), float = new Float32Array(bits.buffer);
  for (let i = 0; i < 20000; i++) {
    bits[0] = random.uint32();
    const value = float[0]!;
    if (!Number.isFinite(value)) continue;
    const text = shortestFloat32(value);
    assert.ok(Object.is(Math.fround(Number(text)), value) || value === 0, text);
    assert.ok(text.length <= String(value).length, text);
  }
});

Deno.test("csv log: a row with other columns or without a number is refused and leaves no trace", () =>
  withFolder((folder) => {
    const path = `${folder}/log.csv`, log = CsvLog.open(path, columns, 0);
    const append = (row: Record<string, number>) => log.append(row as Parameters<typeof log.append>[0]);
    assert.throws(() => append({ step: 1, loss: 2 }), /value is missing/);
    assert.throws(() => append({ step: 1, loss: 2, value: 3, more: 4 }), /more is no column/);
    assert.throws(() => append({ step: 1, loss: NaN, value: 3 }), { name: "RunError", message: /loss is NaN/ });
    log.close();
    assert.equal(Deno.readTextFileSync(path), "step,loss,value\n");
  }));

Deno.test("csv log: going on cuts back to where the checkpoint was", () =>
  withFolder((folder) => {
    const path = `${folder}/log.csv`, log = CsvLog.open(path, columns, 0);
    log.append({ step: 1, loss: 2, value: 3 });
    const length = log.length;
    log.append({ step: 2, loss: 2, value: 3 });
    log.close();
    Deno.writeTextFileSync(path, "3,2", { append: true }); // half a row
    const again = CsvLog.open(path, columns, length);
    again.append({ step: 9, loss: 2, value: 3 });
    again.close();
    assert.equal(Deno.readTextFileSync(path), "step,loss,value\n1,2,3\n9,2,3\n");
  }));

Deno.test("csv log: a file that does not fit the checkpoint is named", () =>
  withFolder((folder) => {
    const path = `${folder}/log.csv`;
    const check = (length: number) => () => checkLog(path, columns, length);
    assert.throws(check(16), { name: "UsageError", message: /log\.csv": No such file/ });
    Deno.writeTextFileSync(path, "step,loss,value\n1,2,3\n");
    check(16)();
    check(22)();
    assert.throws(check(23), /has 22 bytes, expected at least 23/);
    assert.throws(check(3), /expected at least 3/);
    assert.throws(check(18), /no line ends at byte 18/);
    Deno.writeTextFileSync(path, "step,loss,other\n1,2,3\n");
    assert.throws(check(22), /first line is not step,loss,value/);
  }));

Deno.test("event log: grows, also after a line that was cut short", () =>
  withFolder((folder) => {
    const path = `${folder}/events.jsonl`;
    let log = new EventLog(path);
    log.append("started", 0, { engine: "fused", long: "x".repeat(10000) });
    log.close();
    Deno.writeTextFileSync(path, '{"time":"20', { append: true });
    assert.deepEqual(readEvents(path).map(({ event }) => event), ["started"]);
    log = new EventLog(path);
    log.append("finished", 7);
    log.close();
    const events = readEvents(path);
    assert.deepEqual(events.map(({ event, step }) => [event, step]), [["started", 0], ["finished", 7]]);
    assert.match(events[0]!.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(Deno.readTextFileSync(path).split("\n").length, 3);
    assert.deepEqual(readEvents(`${folder}/none`), []);
  }));
