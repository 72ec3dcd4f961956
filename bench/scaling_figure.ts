/** The figure of how an update's time grows. */

import { type Color, type Curve, drawFigure, type Panel } from "../src/analysis/draw_figure.ts";
import type { Scaling, UpdateTiming } from "./updates.ts";

const colors: readonly Color[] = ["orange", "blue", "green", "gray"];

/** Milliseconds per update by batch size, by width and by threads, as SVG. */
export function scalingFigure({ batch, width }: Scaling, machine: string): string {
  const threads = [...new Set(batch.map(({ threads }) => threads))];
  const panel = (
    title: string,
    xLabel: string,
    timings: readonly UpdateTiming[],
    key: "batchSize" | "hidden",
  ): Panel => ({
    title,
    xLabel,
    yLabel: "Milliseconds per update",
    bands: [],
    curves: threads.map((count, i): Curve => ({
      label: count === 1 ? "1 thread" : `${count} threads`,
      color: colors[i % colors.length]!,
      style: i < colors.length ? "solid" : "dashed",
      points: timings.filter(({ threads }) => threads === count).map((timing) => [timing[key], timing.update.minimum]),
    })),
  });
  const largest = batch.reduce((size, { batchSize }) => Math.max(size, batchSize), 0);
  const byThreads = (timings: readonly UpdateTiming[], label: string, color: Color): Curve => ({
    label,
    color,
    style: "solid",
    points: timings.map(({ threads, update }) => [threads, 1000 / update.minimum]),
  });
  return drawFigure({
    title: "How an update's time grows",
    description:
      `Milliseconds per update of the fused engine by batch size (width 256), by width (batch 256) and updates ` +
      `per second by threads; best rounds, since a neighbour on a shared machine only slows, on ${machine}.`,
    panels: [
      panel("Batch size, width 256", "Transitions in a batch", batch, "batchSize"),
      panel("Width, batch 256", "Units in a hidden layer", width, "hidden"),
      {
        title: "Threads",
        xLabel: "Threads",
        yLabel: "Updates per second",
        bands: [],
        curves: [
          byThreads(batch.filter(({ batchSize }) => batchSize === 256), "batch 256, width 256", "orange"),
          byThreads(batch.filter(({ batchSize }) => batchSize === largest), `batch ${largest}, width 256`, "blue"),
        ],
      },
    ],
  });
}
