/**
 * Writes the AssemblyScript source of the matrix products: one register tile for each form and tile shape, spelled out, since
 * V8 keeps an accumulator in a register only if it is a local variable. (`build.ts` tells what the compiler must leave alone here.)
 *
 * The forms, on matrices in the panel layout of `assembly/layout.ts`:
 * - `linear`: X·W + bias (with a row of zeros for the bias: dY·Wᵀ, given the transposed kernel);
 * - `relu`: max(X·W + bias, 0);
 * - `gradient`: Xᵀ·dY.
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

/** All rows of one 16-column panel of the result by one tile; a rest of four or eight rows by tiles of four. */
function panelSource(form: Form, rows: number, columns: number): string {
  const aRow = aRowBytes(form);
  const call = (height: number) =>
    `${form}${height}x${columns}(a + row * ${aRow}, aPanel, b + half, bias + half, c + (row << 6) + half, inner);`;
  const body = rows === 4 ? `${call(4)} row += 4;` : `const left = end - row;
      if (left == 4 || left == 8) { ${call(4)} row += 4; } else { ${call(rows)} row += ${rows}; }`;
  return `function ${form}Panel${rows}x${columns}(a: usize, aPanel: usize, b: usize, bias: usize, c: usize, rows: i32, inner: i32): void {
    const end = <usize>rows;
    for (let half: usize = 0; half < 64; half += ${columns * 4}) {
      for (let row: usize = 0; row < end;) { ${body} }
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
  return [
    "// Written by src/learner/fused/product_source.ts; the meaning of everything here is told there.",
    "let tile: i32 = 2;",
    "export function setTile(number: i32): void { tile = number; }",
    ...forms.flatMap((form) => [
      ...[...heights.values()].map(([rows, columns]) => tileSource(form, rows, columns)),
      ...shapes.map(([rows, columns]) => panelSource(form, rows, columns)),
      `export function ${form}Panel(a: usize, aPanel: usize, b: usize, bias: usize, c: usize, rows: i32, inner: i32): void {
        ${
        shapes.map(([rows, columns], i) =>
          `if (tile == ${i}) ${form}Panel${rows}x${columns}(a, aPanel, b, bias, c, rows, inner);`
        )
          .join(" else ")
      }
      }`,
    ]),
  ].join("\n") + "\n";
}
