/** Window presets and the window drag. Centre and width are in the units of the header that is on screen (HU for CT). */
import type { WindowDocument } from "../net/documents";

export type Window = readonly [center: number, width: number];

export interface Preset {
  readonly name: string;
  readonly window: Window;
}

const CT_PRESETS: readonly Preset[] = [
  { name: "Soft tissue", window: [40, 400] },
  { name: "Lung", window: [-600, 1500] },
  { name: "Bone", window: [400, 1800] },
  { name: "Brain", window: [40, 80] },
  { name: "Mediastinum", window: [50, 350] },
  { name: "Liver", window: [80, 150] },
  { name: "Angiography", window: [300, 700] },
];

/** Presets behind the keys 1-9: the customary ones for CT, then those that the images carry. */
export function presetsFor(modality: string, stored: readonly WindowDocument[]): readonly Preset[] {
  const customary = modality === "CT" ? CT_PRESETS : [];
  const own = stored.map((entry, index) => ({
    name: entry.explanation?.trim() || (index === 0 ? "As stored" : `As stored ${index + 1}`),
    window: [entry.center, entry.width] as const,
  }));
  const known = new Set<string>();
  return [...customary, ...own].filter((preset) => !known.has(preset.window.join()) && known.add(preset.window.join())).slice(0, 9);
}

/** Name the preset that has exactly this window, or "". */
export function presetName(presets: readonly Preset[], window: Window): string {
  return presets.find((preset) => preset.window[0] === window[0] && preset.window[1] === window[1])?.name ?? "";
}

/** Window after a drag of (dx, dy) CSS pixels from where it began: right widens, down raises the centre; fine is a quarter. */
export function draggedWindow(begin: Window, dx: number, dy: number, isFine: boolean): Window {
  const step = (Math.max(begin[1], 8) / 400) * (isFine ? 0.25 : 1);
  const decimals = begin[1] >= 16 ? 0 : 2;
  const width = Math.max(1, begin[1] + dx * step);
  return [Number((begin[0] + dy * step).toFixed(decimals)), Number(width.toFixed(decimals))];
}

/** "W 400 L 40 HU". */
export function windowInWords(center: number, width: number, unit: string | null | undefined): string {
  const short = (value: number) => String(Number(value.toFixed(Math.abs(width) < 16 ? 2 : 0)));
  return `W ${short(width)} L ${short(center)}${unit ? ` ${unit}` : ""}`;
}
