/**
 * The safetensors format: 8 bytes header length (little-endian), a JSON header, then the numbers of all tensors without gaps.
 * Format: the README of huggingface/safetensors. Little-endian arrays are used as they lie, as on every platform of Deno's.
 */

import { UsageError } from "../errors.ts";

/** A named array of numbers, row-major; its dtype is `F32` or `F64` by the array's type. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** What a file holds. */
export interface Safetensors {
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A header longer than this is refused: ours are a few kilobytes. */
const maximumHeaderBytes = 1 << 20;

const arrays = { F32: Float32Array, F64: Float64Array } as const;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

const product = (shape: readonly number[]) => shape.reduce((count, size) => count * size, 1);

/**
 * The file's bytes in pieces, to be written one after the other: the header, then each tensor (a view, not a copy).
 *
 * The header begins with `__metadata__`, and float64 tensors come first, so that every tensor is aligned.
 *
 * @throws {RangeError} if a tensor's length does not fit its shape
 */
export function encodeSafetensors({ metadata, tensors }: Safetensors): Uint8Array<ArrayBuffer>[] {
  const entries = Object.entries(tensors)
    .sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    if (product(shape) !== data.length) {
      throw new RangeError(`Cannot write tensor ${name}: ${data.length} numbers do not fit the shape [${shape}]`);
    }
    const begin = end;
    end += data.byteLength;
    header.push([name, { dtype: data instanceof Float64Array ? "F64" : "F32", shape, data_offsets: [begin, end] }]);
  }
  let text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20); // spaces
  padded.set(text);
  text = new Uint8Array(8 + padded.length);
  new DataView(text.buffer).setBigUint64(0, BigInt(padded.length), true);
  text.set(padded, 8);
  return [text, ...entries.map(([, { data }]) => bytesOf(data))];
}

/**
 * Reads a file's bytes. Arrays are views of `bytes` where they are aligned there, else copies.
 *
 * @param source where the bytes come from, for the message
 * @throws {UsageError} naming the source and the fault
 */
export function decodeSafetensors(bytes: Uint8Array<ArrayBuffer>, source: string): Safetensors {
  const fail = (fault: string): never => {
    throw new UsageError(`Cannot read "${source}" as safetensors: ${fault}`);
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes are too few for a header`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerBytes > maximumHeaderBytes) fail(`a header of ${headerBytes} bytes is too long`);
  if (headerBytes > bytes.length - 8) fail(`cut short within the header`);
  const dataStart = 8 + headerBytes, dataBytes = bytes.length - dataStart;

  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    fail("its header is not JSON");
  }
  if (!isObject(header)) return fail("its header is not an object");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    fail("its __metadata__ is not an object of texts");
  }

  const tensors: [string, Tensor][] = [], ranges: [number, number][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const about = `tensor ${JSON.stringify(name.slice(0, 100))}`;
    const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : fail(`${about} is not an object`);
    if (dtype !== "F32" && dtype !== "F64") fail(`${about} is neither F32 nor F64`);
    const array = arrays[dtype as "F32" | "F64"];
    if (!isCounts(shape) || !Number.isSafeInteger(product(shape))) return fail(`${about} has no proper shape`);
    if (!isCounts(offsets) || offsets.length !== 2) return fail(`${about} has no proper data_offsets`);
    const [begin, end] = offsets as [number, number];
    if (begin > end || end > dataBytes) fail(`${about} lies beyond the end of the file`);
    if (end - begin !== product(shape) * array.BYTES_PER_ELEMENT) fail(`${about} has a length unlike its shape`);
    ranges.push([begin, end]);
    const at = bytes.byteOffset + dataStart + begin;
    const data = at % array.BYTES_PER_ELEMENT === 0
      ? new array(bytes.buffer, at, product(shape))
      : new array(bytes.buffer.slice(at, at + end - begin));
    tensors.push([name, { shape, data }]);
  }
  let covered = 0;
  for (const [begin, end] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== covered) fail("its tensors overlap or leave gaps");
    covered = end;
  }
  if (covered !== dataBytes) fail(`${dataBytes - covered} bytes belong to no tensor`);
  return { metadata: metadata as Record<string, string>, tensors: Object.fromEntries(tensors) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 8 && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
