/** Malformed files made from good ones: bytes, JSON, safetensors and CSV, each broken where it hurts. */

import type { RandomStream } from "../../src/random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One of `choices`, by chance. */
function pick<T>(random: RandomStream, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

function concatenate(...pieces: Uint8Array[]): Bytes {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

const edges = [
  0n,
  1n,
  7n,
  8n,
  255n,
  2n ** 20n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Bits flipped, bytes cut off, put in, doubled, moved or overwritten with numbers at the edges of their types. */
export function mutateBytes(bytes: Bytes, random: RandomStream): Bytes {
  const at = random.integer(bytes.length + 1), length = random.integer(1 + pick(random, [1, 8, 64, 4096]));
  const before = bytes.subarray(0, at), behind = bytes.subarray(at), rest = behind.subarray(length);
  const noise = () => Uint8Array.from({ length }, () => random.integer(256));
  switch (random.integer(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return concatenate(before, rest);
    case 2:
      return concatenate(before, noise(), behind);
    case 3:
      return concatenate(before, behind.subarray(0, length), behind);
    case 4:
      return concatenate(rest, before);
    case 5:
      return concatenate(before, noise().subarray(0, behind.length), rest);
    case 6: {
      const number = new Uint8Array(8);
      new DataView(number.buffer).setBigUint64(0, pick(random, edges), random.integer(2) === 0);
      return concatenate(before, number, behind.subarray(8));
    }
    default: {
      const out = bytes.slice();
      for (let i = 0; i <= length % 4; i++) out[random.integer(out.length)]! ^= 1 << random.integer(8);
      return out;
    }
  }
}

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** JSON that a reader may not expect, as text. */
const hostileJson: readonly string[] = [
  "null",
  "true",
  "-1",
  "-0",
  "0",
  "0.5",
  "1e400",
  "-1e400",
  "1e-400",
  "2147483648",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551616",
  "1e308",
  '""',
  '"x"',
  '"__proto__"',
  '"constructor"',
  '"1e9"',
  '"F16"',
  '"F64"',
  '"I64"',
  '"\\ud800"',
  '"\\u0000"',
  `"${"y".repeat(100_000)}"`,
  "[]",
  "[[]]",
  "{}",
  '{"toString":1,"valueOf":1}',
  '{"then":1}',
  '{"toJSON":1}',
  '{"length":4294967295}',
  '{"__proto__":{"a":1}}',
  '["",{"toString":null}]',
  `[${"1,".repeat(999)}1]`,
  `[${"9007199254740991,".repeat(7)}0]`,
  "[0,9007199254740992]",
  "[4294967296,2097152]",
  "[-8,0]",
  "[0.5]",
  nested(3),
  nested(1000),
  nested(50_000),
  '{"a":'.repeat(50_000) + "1" + "}".repeat(50_000),
  "nul",
  "{",
  '{"a":1,}',
  "NaN",
  "",
]; // deno-fmt-ignore-line

const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "0", "__metadata__", "x".repeat(10_000)];

/** A text that stands in for JSON until it is put into a text. */
const hole = "@hole@";

/** JSON with a value replaced, a key left out, renamed, doubled or added, or many of them; sometimes no JSON any longer. */
export function mutateJson(text: string, random: RandomStream): string {
  if (random.integer(4) === 0) {
    return new TextDecoder().decode(mutateBytes(new TextEncoder().encode(text), random)); // and bytes that are no UTF-8
  }
  const root = JSON.parse(text) as unknown;
  let node = root as Record<string, unknown>, replacement = pick(random, hostileJson);
  while (true) {
    const keys = Object.keys(node), key = pick(random, keys.length > 0 ? keys : ["a"]), child = node[key];
    if (typeof child === "object" && child !== null && random.integer(3) > 0) {
      node = child as Record<string, unknown>;
      continue;
    }
    switch (random.integer(6)) {
      case 0:
        delete node[key];
        break;
      case 1:
        replacement = `${JSON.stringify(child) ?? "0"}`; // unchanged, under another name
        delete node[key];
        Object.defineProperty(node, pick(random, names), { value: hole, enumerable: true, configurable: true });
        break;
      case 2: // the same key again: the last one counts
        replacement = `${replacement},${JSON.stringify(key)}:${JSON.stringify(child) ?? "0"}`;
        node[key] = hole;
        break;
      case 3:
        for (let i = 0, count = pick(random, [1, 100, 5000]); i < count; i++) node[`more ${i}`] = child;
        break;
      default:
        node[key] = hole;
    }
    return (random.integer(50) === 0 ? `"${hole}"` : JSON.stringify(root)).replace(`"${hole}"`, () => replacement);
  }
}

/** A safetensors file with its header, its header's length or its bytes broken. */
export function mutateSafetensors(bytes: Bytes, random: RandomStream): Bytes {
  if (random.integer(3) === 0) return mutateBytes(bytes, random);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = mutateJson(new TextDecoder().decode(bytes.subarray(8, 8 + length)), random);
  const text = new TextEncoder().encode(header), size = new Uint8Array(8);
  const told = random.integer(10) === 0 ? pick(random, edges) : BigInt(text.length);
  new DataView(size.buffer).setBigUint64(0, told, true);
  return concatenate(size, text, bytes.subarray(8 + length));
}

const hostileFields = [
  "",
  " ",
  "NaN",
  "inf",
  "Infinity",
  "1e999",
  "-1",
  "1.5",
  "0x10",
  "1_000",
  "1e3",
  "９",
  '"',
  '""',
  '"1"',
  "1,2",
  "\n",
  "\r\n",
  "\r",
  "\0",
  "\ufeff",
  "9007199254740993",
  "=1+1",
  "x".repeat(9_000),
  "x".repeat(20_000),
  "-0",
  "0".repeat(400),
]; // deno-fmt-ignore-line

/** A CSV text with a field, a row or the header broken. */
export function mutateCsv(text: string, random: RandomStream): string {
  if (random.integer(4) === 0) {
    return new TextDecoder().decode(mutateBytes(new TextEncoder().encode(text), random));
  }
  const lines = text.split("\n"), at = random.integer(lines.length), fields = lines[at]!.split(",");
  switch (random.integer(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[at]!);
      break;
    case 2:
      lines.splice(at, 0, ...Array<string>(pick(random, [1, 1000, 20_000])).fill(pick(random, ["", ",", ",,,", "1", '"'])));
      break;
    case 3:
      lines[at] = lines[at]!.slice(0, random.integer(lines[at]!.length + 1));
      break;
    case 4:
      return lines.join(pick(random, ["\r\n", "\r", "", "\n\n"]));
    default:
      fields[random.integer(fields.length)] = pick(random, hostileFields);
      lines[at] = fields.join(",");
  }
  return lines.join("\n");
}
