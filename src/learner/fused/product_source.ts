/**
 * Writes the AssemblyScript source of the matrix products: one register tile for each form and tile shape, spelled out, since
 * V8 keeps an accumulator in a register only if it is a local variable. (`build.ts` tells what the compiler must leave alone here.)
 *
 * The forms, on matrices in the panel layout of `assembly/layout.ts`:
 * - `linear`: X·W + bias (with a row of zeros for the bias: dY·Wᵀ, given the transposed kernel);
 * - `relu`: max(X·W + bias, 0);
 * - `gradient`: Xᵀ·dY.
 * The sparse forms take X, or Xᵀ, from the lists of `assembly/sparse.ts`, which leave zeros out:
 * - `sparse`: X·W;
 * - `sparseRelu`: max(X·W + bias, 0);
 * - `sparseMasked`: X·W where another matrix is positive, and elsewhere 0.
 *
 * Every element of a result is one chain of fused multiply-adds in the order of the inner index, whatever the tile, so that
 * tile, threads and V8 flags change no bit.
 */

/** Rows × columns of the register tiles, in the order of the numbers that `setTile` takes. */
export const tileShapes = ["6x16", "4x16", "6x8"] as const;

/** Steps of the inner index that are written out in a row, a divisor of 16: fewer instructions for each multiply-add. */
const unrolled = 8;

type Form = "linear" | "relu" | "gradient";

const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i));

/** Bytes from a row of a tile to the next, in the operand whose elements are spread: the gradient's is transposed. */
const aRowBytes = (form: Form) => form === "gradient" ? 4 : 64;

/** One tile: `rows` × `columns` elements of the result over the whole inner index. */
function tileSource(form: Form, rows: number, columns: number): string {
  const vectors = columns / 4;
  const initial = (row: number, vector: number) =>
    form === "gradient" ? "f32x4.splat(0)" : row === 0 ? `v128.load(bias, ${16 * vector})` : `c0_${vector}`;
  const aStep = form === "gradient" ? 64 : 4, aRow = aRowBytes(form);
  const step = (k: number) =>
    [
      `let ${lines(vectors, (v) => `b${v}_${k} = v128.load(b, ${64 * k + 16 * v})`).join(", ")};`,
      ...lines(rows, (r) =>
        [
          `let x${r}_${k} = v128.load32_splat(a, ${aStep * k + aRow * r});`,
          ...lines(vectors, (v) => `c${r}_${v} = f32x4.relaxed_madd(x${r}_${k}, b${v}_${k}, c${r}_${v});`),
        ].join("\n")),
    ].join("\n");
  const advance = (steps: number) => `a += ${aStep * steps}; b += ${64 * steps};`;
  const unrolledSteps = `${lines(unrolled, step).join("\n")}\n${advance(unrolled)}`;
  const loop = form === "gradient" // a row of X and a row of dY at each step
    ? `const whole = b + (<usize>inner / ${unrolled}) * ${64 * unrolled};
       while (b < whole) {
         ${unrolledSteps}
       }`
    : `const whole = b + ((<usize>inner >> 4) << 10); // a column of X at each step, 16 to a panel
       while (b < whole) {
         const panelEnd = b + 1024;
         do {
           ${unrolledSteps}
         } while (b < panelEnd);
         a += aPanel - 64;
       }`;
  const value = (r: number, v: number) => form === "relu" ? `f32x4.max(c${r}_${v}, f32x4.splat(0))` : `c${r}_${v}`;
  return `function ${form}${rows}x${columns}(a: usize, aPanel: usize, b: usize, bias: usize, c: usize, inner: i32): void {
    ${lines(rows, (r) => `let ${lines(vectors, (v) => `c${r}_${v} = ${initial(r, v)}`).join(", ")};`).join("\n")}
    const end = b + (<usize>inner << 6);
    ${loop}
    while (b < end) {
      ${step(0)}
      ${advance(1)}
    }
    ${
    lines(rows, (r) => lines(vectors, (v) => `v128.store(c, ${value(r, v)}, ${64 * r + 16 * v});`).join("\n")).join(
      "\n",
    )
  }
  }`;
}

const sparseForms = ["sparse", "sparseRelu", "sparseMasked"] as const;
type SparseForm = typeof sparseForms[number];

/** One tile of a sparse form, by its list; `other` is the bias or the matrix that masks. */
function sparseTileSource(form: SparseForm, rows: number, columns: number): string {
  const vectors = columns / 4, zero = "f32x4.splat(0)";
  const initial = (row: number, vector: number) =>
    row > 0 ? `c0_${vector}` : form === "sparseRelu" ? `v128.load(other, ${16 * vector})` : zero;
  const result = (row: number, vector: number) => {
    const sum = `c${row}_${vector}`;
    if (form === "sparseRelu") return `f32x4.max(${sum}, ${zero})`;
    return form === "sparse" ? sum : `v128.and(${sum}, f32x4.gt(v128.load(other + at${row}, ${16 * vector}), ${zero}))`;
  };
  return `function ${form}${rows}x${columns}(list: usize, b: usize, other: usize, c: usize): void {
    ${lines(rows, (r) => `let ${lines(vectors, (v) => `c${r}_${v} = ${initial(r, v)}`).join(", ")};`).join("\n")}
    const end = list + <usize>load<u32>(list, 24);
    for (let entry = list + 32; entry < end; entry += 32) {
      const row = b + <usize>load<u32>(entry, 24);
      const ${lines(vectors, (v) => `b${v} = v128.load(row, ${16 * v})`).join(", ")};
      ${
    lines(rows, (r) =>
      [
        `const x${r} = v128.load32_splat(entry, ${4 * r});`,
        ...lines(vectors, (v) => `c${r}_${v} = f32x4.relaxed_madd(x${r}, b${v}, c${r}_${v});`),
      ].join("\n")).join("\n")
  }
    }
    ${
    [
      ...lines(rows, (r) => `const at${r} = <usize>load<u32>(list, ${4 * r}), to${r} = c + at${r};`),
      // All loads before the first store, and one address for a row's stores: else V8 joins no pairs.
      ...lines(rows, (r) => lines(vectors, (v) => `c${r}_${v} = ${result(r, v)};`).join("\n")),
      ...lines(rows, (r) => lines(vectors, (v) => `v128.store(to${r}, c${r}_${v}, ${16 * v});`).join("\n")),
    ].join("\n")
  }
  }`;
}

/** All rows of one 16-column panel of the result by one tile; a rest of four or eight rows by tiles of four. */
function panelSource(form: Form, rows: number, columns: number): string {
  const aRow = aRowBytes(form);
  const call = (height: number) =>
    `${form}${height}x${columns}(a + row * ${aRow}, aPanel, b + half, bias + half, c + (row << 6) + half, inner);`;
  return `function ${form}Panel${rows}x${columns}(a: usize, aPanel: usize, b: usize, bias: usize, c: usize, rows: i32, inner: i32): void {
    for (let half: usize = 0; half < 64; half += ${columns * 4}) {
      for (let row: usize = 0, end = <usize>rows; row < end;) {
        const height = tileRows(<i32>(end - row));
        ${rows === 4 ? "" : `if (height != 4) ${call(rows)} else `}${call(4)}
        row += height;
      }
    }
  }`;
}

/** The same of a sparse form: the list of the tile at row r is number r / 4. */
function sparsePanelSource(form: SparseForm, rows: number, columns: number): string {
  const call = (height: number) => `${form}${height}x${columns}(list, b + half, other + half, c + half);`;
  return `function ${form}Panel${rows}x${columns}(lists: usize, listBytes: usize, b: usize, other: usize, c: usize, rows: i32): void {
    for (let half: usize = 0; half < 64; half += ${columns * 4}) {
      for (let row: i32 = 0; row < rows;) {
        const height = tileRows(rows - row), list = lists + <usize>(row >> 2) * listBytes;
        ${rows === 4 ? "" : `if (height != 4) ${call(rows)} else `}${call(4)}
        row += height;
      }
    }
  }`;
}

/** The whole source file. */
export function productSource(): string {
  const forms: Form[] = ["linear", "relu", "gradient"];
  const shapes = tileShapes.map((shape) => shape.split("x").map(Number) as [number, number]);
  const heights = new Map<string, [number, number]>();
  for (const [rows, columns] of shapes) {
    for (const height of [rows, 4]) heights.set(`${height}x${columns}`, [height, columns]);
  }
  const choose = (form: Form | SparseForm, operands: string) =>
    shapes.map(([rows, columns], i) => `if (tile == ${i}) ${form}Panel${rows}x${columns}(${operands});`).join(" else ");
  return [
    "// Written by src/learner/fused/product_source.ts; the meaning of everything here is told there.",
    "let tile: i32 = 2;",
    "export function setTile(number: i32): void { tile = number; }",
    `/** Rows of the next tile, where so many are left. */
    export function tileRows(left: i32): i32 {
      return tile == ${shapes.findIndex(([rows]) => rows === 4)} || left == 4 || left == 8 ? 4 : 6;
    }`,
    ...forms.flatMap((form) => [
      ...[...heights.values()].map(([rows, columns]) => tileSource(form, rows, columns)),
      ...shapes.map(([rows, columns]) => panelSource(form, rows, columns)),
      `export function ${form}Panel(a: usize, aPanel: usize, b: usize, bias: usize, c: usize, rows: i32, inner: i32): void {
        ${choose(form, "a, aPanel, b, bias, c, rows, inner")}
      }`,
    ]),
    ...sparseForms.flatMap((form) => [
      ...[...heights.values()].map(([rows, columns]) => sparseTileSource(form, rows, columns)),
      ...shapes.map(([rows, columns]) => sparsePanelSource(form, rows, columns)),
      `export function ${form}Panel(lists: usize, listBytes: usize, b: usize, other: usize, c: usize, rows: i32): void {
        ${choose(form, "lists, listBytes, b, other, c, rows")}
      }`,
    ]),
  ].join("\n") + "\n";
}
