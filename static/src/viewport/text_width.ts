/** How wide a line of text on the glass will be, in CSS pixels, before it is drawn. */

let pen: CanvasRenderingContext2D | null = null;
let family = "";

/** font: its weight and size, "700 13px". */
export function textWidth(text: string, font: string): number {
  pen ??= document.createElement("canvas").getContext("2d");
  family ||= getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";
  if (!pen) return text.length * 8;
  pen.font = `${font} ${family}`;
  return Math.ceil(pen.measureText(text).width * 1.03); // digits of one width may be wider
}
