/**
 * Line charts as SVG text, drawn by Observable Plot in a document of linkedom.
 *
 * Colours come from classes in a style sheet that follows the reader's light or dark scheme and stand as attributes too, for
 * programs that know no style sheets; the background is always drawn. Coordinates are rounded to a hundredth of a pixel, so that
 * the last bits of a processor's arithmetic cannot show.
 */

import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";
import type { Point } from "./statistics.ts";

/** Colours by name, `[on light, on dark]`, after Okabe and Ito's palette for all kinds of colour vision. */
const palette = {
  orange: ["#d95f02", "#ff9e4a"],
  blue: ["#0072b2", "#58b4f0"],
  green: ["#00805e", "#35c99d"],
  gray: ["#57606a", "#a3adb8"],
} as const;

/** A colour of the palette. */
export type Color = keyof typeof palette;

/** How a curve is drawn: dots for a mean over seeds, faint for single seeds behind it, dashes for a comparison. */
export type CurveStyle = "dotted" | "solid" | "dashed" | "faint" | "steps";

/** A line. Curves and bands of one label share an entry of the legend. */
export interface Curve {
  readonly label: string;
  readonly color: Color;
  readonly style: CurveStyle;
  readonly points: readonly Point[];
}

/** A shaded area between two lines. */
export interface Band {
  readonly label: string;
  readonly color: Color;
  readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** One chart with its axes. */
export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** A value that the y axis shows in any case. */
  readonly yIncludes?: number;
  /** The first lies on top. */
  readonly curves: readonly Curve[];
  readonly bands: readonly Band[];
}

/** Charts side by side, under a name and a description for those who cannot see them. */
export interface Figure {
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

const width = 480, height = 360; // one panel, in pixels
const margin = { left: 62, right: 22, bottom: 46 };
const fontFamily = "Verdana, 'DejaVu Sans', Arial, sans-serif";
const rowHeight = 18, swatchWidth = 26, characterWidth = 7.1; // of the legend; wide enough for Verdana at 12 pixels

const strokes: Record<CurveStyle, { strokeWidth: number; strokeDasharray?: string; strokeOpacity?: number }> = {
  dotted: { strokeWidth: 2.6, strokeDasharray: "0.1,4.4" },
  solid: { strokeWidth: 1.5 },
  dashed: { strokeWidth: 1.5, strokeDasharray: "6,4" },
  faint: { strokeWidth: 1, strokeOpacity: 0.45 },
  steps: { strokeWidth: 2 },
};

function styleSheet(): string {
  const rules = (scheme: 0 | 1) =>
    Object.entries(palette).map(([name, colors]) =>
      `.stroke-${name}{stroke:${colors[scheme]}}.fill-${name}{fill:${colors[scheme]}}`
    ).join("");
  return `.figure{color:#1f2328}.surface{fill:#ffffff}${rules(0)}` +
    `@media (prefers-color-scheme:dark){.figure{color:#e6edf3}.surface{fill:#0d1117}${rules(1)}}`;
}

/** Attributes as Plot and the DOM spell them. */
type Attributes = Record<string, string | number>;

// Plot's types want a browser's document; these few methods are all that is used here.
interface Element {
  setAttribute(name: string, value: string): void;
  append(...children: (Element | string)[]): void;
  querySelector(selector: string): Element | null;
  remove(): void;
  readonly outerHTML: string;
}

type Create = (tag: string, attributes: Attributes, ...children: (Element | string)[]) => Element;

/**
 * Draws a figure; the same figure gives the same text.
 *
 * @returns a whole SVG file
 */
export function drawFigure(figure: Figure): string {
  const document = new DOMParser().parseFromString("<!doctype html><html><body></body></html>", "text/html");
  const create: Create = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag, {}) as unknown as Element;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  };
  const totalWidth = width * figure.panels.length;
  const root = create(
    "svg",
    {
      "xmlns": "http://www.w3.org/2000/svg",
      "width": totalWidth,
      "height": height,
      "viewBox": `0 0 ${totalWidth} ${height}`,
      "role": "img",
      "aria-labelledby": "title description",
      "class": "figure",
      "color": "#1f2328",
      "font-family": fontFamily,
    },
    create("title", { id: "title" }, figure.title),
    create("desc", { id: "description" }, figure.description),
    create("style", {}, styleSheet()),
    create("rect", { class: "surface", width: totalWidth, height, fill: "#ffffff" }),
    ...figure.panels.map((panel, index) =>
      create("g", { transform: `translate(${index * width},0)` }, ...drawPanel(panel, document, create))
    ),
  );
  return root.outerHTML.replace(
    /="[^"]*"/g,
    (attribute) => attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(+Number(number).toFixed(2))),
  ) + "\n";
}

function drawPanel(panel: Panel, document: unknown, create: Create): Element[] {
  const { rows, elements } = drawLegend(panel, create);
  const xDomain = extent(panel, "x"), yDomain = extent(panel, "y");
  const axis = { labelAnchor: "center", labelArrow: "none" } as const;
  const chart = Plot.plot({
    document: document as never,
    className: "plot",
    width,
    height,
    marginTop: 40 + rows * rowHeight,
    marginLeft: margin.left,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    style: { fontFamily, fontSize: "12px", background: "none" },
    x: { label: null, nice: true, domain: xDomain },
    y: { label: null, nice: true, domain: yDomain },
    marks: [
      Plot.gridY({ ticks: 6, strokeOpacity: 0.15 }),
      Plot.gridX({ ticks: 5, strokeOpacity: 0.15 }),
      Plot.axisX({ ...axis, ticks: 5, tickFormat: tickFormat(xDomain), label: panel.xLabel }),
      Plot.axisY({ ...axis, ticks: 6, tickFormat: tickFormat(yDomain), label: panel.yLabel }),
      ...panel.bands.map(({ color, points }) =>
        Plot.areaY(points, {
          x: "x",
          y1: "low",
          y2: "high",
          fill: palette[color][0],
          fillOpacity: 0.22,
          className: `fill-${color}`,
        })
      ),
      ...panel.curves.toReversed().map(({ color, style, points }) =>
        Plot.line(points as [number, number][], {
          stroke: palette[color][0],
          className: `stroke-${color}`,
          ...(style === "steps" ? { curve: "step-after" as const } : {}),
          ...strokes[style],
        })
      ),
    ],
  }) as unknown as Element;
  const title = create(
    "text",
    { "x": margin.left, "y": 22, "fill": "currentColor", "font-size": 15, "font-weight": "bold" },
    panel.title,
  );
  chart.querySelector("style")?.remove(); // it styles for pages, not for files
  return [chart, title, ...elements];
}

/** The legend's entries from left to right, in as many rows as they need. */
function drawLegend({ curves, bands }: Panel, create: Create): { rows: number; elements: Element[] } {
  const entries = new Map<string, Curve | Band>();
  for (const item of [...curves, ...bands]) if (!entries.has(item.label)) entries.set(item.label, item);
  const elements: Element[] = [];
  let x = margin.left, row = 0;
  for (const [label, item] of entries) {
    const advance = swatchWidth + 6 + label.length * characterWidth + 12;
    if (x > margin.left && x + advance > width) {
      x = margin.left;
      row++;
    }
    const y = 42 + row * rowHeight;
    elements.push(
      "style" in item
        ? create("line", {
          "x1": x,
          "x2": x + swatchWidth,
          "y1": y - 4,
          "y2": y - 4,
          "class": `stroke-${item.color}`,
          "stroke": palette[item.color][0],
          "stroke-linecap": "round",
          ...Object.fromEntries(
            Object.entries(strokes[item.style]).map(([name, value]) => [
              name.replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`),
              value,
            ]),
          ),
        })
        : create("rect", {
          "x": x,
          "y": y - 10,
          "width": swatchWidth,
          "height": 12,
          "class": `fill-${item.color}`,
          "fill": palette[item.color][0],
          "fill-opacity": 0.22,
        }),
      create("text", { "x": x + swatchWidth + 6, y, "fill": "currentColor", "font-size": 12 }, label),
    );
    x += advance;
  }
  return { rows: row + 1, elements };
}

/** The smallest and the largest number along an axis, with 0 among them. */
function extent({ curves, bands, yIncludes = 0 }: Panel, axis: "x" | "y"): [number, number] {
  let low = 0, high = 0;
  const include = (value: number) => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  if (axis === "y") include(yIncludes);
  for (const { points } of curves) for (const [x, y] of points) include(axis === "x" ? x : y);
  for (const { points } of bands) {
    for (const point of points) {
      if (axis === "x") include(point.x);
      else {
        include(point.low);
        include(point.high);
      }
    }
  }
  return low === high ? [low, low + 1] : [low, high];
}

/** Writes an axis's ticks: in thousands (`50k`) where the axis goes to ten thousand or more. */
function tickFormat([low, high]: readonly [number, number]): (value: number) => string {
  const thousands = Math.max(-low, high) >= 10_000;
  return (value) => {
    const text = thousands && value !== 0 ? `${+(value / 1000).toFixed(3)}k` : `${+value.toFixed(3)}`;
    return text.replace("-", "−");
  };
}
