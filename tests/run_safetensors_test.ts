import assert from "node:assert/strict";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "../src/run/safetensors.ts";

const content: Safetensors = {
  metadata: { format: "test", note: 'ünïcode "quoted"' },
  tensors: {
    single: { shape: [3], data: Float32Array.of(1, -2.5, 3e-40) },
    double: { shape: [1, 2], data: Float64Array.of(Math.PI, -0) },
    empty: { shape: [0, 4], data: new Float32Array(0) },
    scalar: { shape: [], data: Float32Array.of(7) },
  },
};

function join(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** A file with this header, as text, and so many bytes of data. */
function fileWith(header: string, dataBytes: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header), bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

Deno.test("safetensors: what is written reads back the same", () => {
  const bytes = join(encodeSafetensors(content));
  assert.deepEqual(decodeSafetensors(bytes, "x"), content);
  // Also from the middle of a buffer, where nothing is aligned.
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(decodeSafetensors(shifted.subarray(3), "x"), content);
});

Deno.test("safetensors: the layout is the format's", () => {
  const bytes = join(
    encodeSafetensors({ metadata: { a: "b" }, tensors: { x: { shape: [1], data: Float32Array.of(1) } } }),
  );
  const header = '{"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assert.equal(new DataView(bytes.buffer).getBigUint64(0, true), BigInt(padded.length));
  assert.equal(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length)), padded);
  assert.deepEqual([...bytes.subarray(8 + padded.length)], [0, 0, 0x80, 0x3f]); // 1 in little-endian float32
});

Deno.test("safetensors: a tensor unlike its shape is not written", () => {
  const tensors = { x: { shape: [2, 2], data: new Float32Array(3) } };
  assert.throws(() => encodeSafetensors({ metadata: {}, tensors }), /3 numbers do not fit the shape \[2,2\]/);
});

const entry = (fields: Record<string, unknown>) =>
  JSON.stringify({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields } });

const malformed: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ["empty", new Uint8Array(0), /0 bytes are too few/],
  ["seven bytes", new Uint8Array(7), /7 bytes are too few/],
  ["an absurd header length", new Uint8Array(64).fill(0xff), /too long/],
  ["a header cut short", fileWith(entry({}), 8).subarray(0, 30), /cut short within the header/],
  ["no JSON", fileWith("{", 0), /not JSON/],
  ["no UTF-8", fileWith("{}", 0).map((byte, i) => i === 8 ? 0xff : byte), /not JSON/],
  ["a list", fileWith("[]", 0), /not an object/],
  ["null", fileWith("null", 0), /not an object/],
  ["metadata of numbers", fileWith('{"__metadata__":{"a":1}}', 0), /__metadata__/],
  ["a tensor that is a number", fileWith('{"x":1}', 0), /tensor "x" is not an object/],
  ["another dtype", fileWith(entry({ dtype: "I64" }), 8), /neither F32 nor F64/],
  ["a dtype from the prototype", fileWith(entry({ dtype: "constructor" }), 8), /neither F32 nor F64/],
  ["a negative size", fileWith(entry({ shape: [-2] }), 8), /no proper shape/],
  ["a fractional size", fileWith(entry({ shape: [0.5] }), 8), /no proper shape/],
  ["a size beyond all numbers", fileWith(entry({ shape: [2 ** 40, 2 ** 40] }), 8), /no proper shape/],
  ["many dimensions", fileWith(entry({ shape: Array(1000).fill(1) }), 8), /no proper shape/],
  ["one offset", fileWith(entry({ data_offsets: [0] }), 8), /no proper data_offsets/],
  ["offsets turned round", fileWith(entry({ data_offsets: [8, 0] }), 8), /beyond the end/],
  ["offsets beyond the end", fileWith(entry({ data_offsets: [0, 2 ** 50] }), 8), /beyond the end/],
  ["a length unlike the shape", fileWith(entry({ shape: [3] }), 8), /length unlike its shape/],
  ["data cut short", fileWith(entry({}), 7), /beyond the end/],
  ["data too long", fileWith(entry({}), 9), /1 bytes belong to no tensor/],
  ["a gap", fileWith(entry({ data_offsets: [4, 12] }), 12), /overlap or leave gaps/],
  [
    "an overlap",
    fileWith(`${entry({}).slice(0, -1)},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
    /overlap/,
  ],
];

for (const [name, bytes, expected] of malformed) {
  Deno.test(`safetensors: ${name} is refused, and the file is named`, () => {
    assert.throws(() => decodeSafetensors(bytes, "some/file"), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, /^Cannot read "some\/file" as safetensors: /);
      assert.match(error.message, expected);
      return true;
    });
  });
}

Deno.test("safetensors: a name from Object's prototype is a name like any other", () => {
  const { tensors } = decodeSafetensors(fileWith(entry({}).replace('"x"', '"__proto__"'), 8), "x");
  assert.deepEqual(Object.keys(tensors), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(tensors), Object.prototype);
});
