/** SVG to PNG by resvg compiled to WebAssembly, with a font that comes along: the same bytes on every machine. */

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import wasm from "@resvg/resvg-wasm/index_bg.wasm" with { type: "bytes" };
import boldFont from "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf" with { type: "bytes" };
import regularFont from "dejavu-fonts-ttf/ttf/DejaVuSans.ttf" with { type: "bytes" };

let ready: Promise<void> | undefined;

/**
 * Draws an SVG as a PNG, in its colours for light backgrounds.
 *
 * @param svg the text of an SVG file
 * @param scale pixels of the image per pixel of the SVG
 * @returns the bytes of a PNG file
 */
export async function rasterize(svg: string, scale = 2): Promise<Uint8Array> {
  await (ready ??= initWasm(wasm));
  const image = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: [regularFont, boldFont], defaultFontFamily: "DejaVu Sans" },
  });
  return image.render().asPng();
}
