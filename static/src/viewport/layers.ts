/** Which layers lie over a stack's picture, the lowest first, and who of them has a gesture. */
import type { nothing, TemplateResult } from "lit";
import type { Point } from "../state/stack_view";
import { MEASURING_TOOLS, type Tool } from "../state/tool";
import type { Command } from "../tools/keys";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";
import { later } from "./later_layer";
import { PresentationLayer } from "./presentation_layer";
import { ReferenceLayer } from "./reference_layer";

type LayerKind = new (host: GlassHost) => GlassLayer;

const Measuring = later(MEASURING_TOOLS, async () => (await import("./measuring_layer")).MeasuringLayer);

const KINDS: readonly LayerKind[] = [PresentationLayer, ReferenceLayer, Measuring];

export class Layers {
  readonly all: readonly GlassLayer[];
  private holder: GlassLayer | null = null;

  constructor(
    private readonly host: GlassHost,
    kinds: readonly LayerKind[] = KINDS,
  ) {
    this.all = kinds.map((kind) => new kind(host));
  }

  render(): (TemplateResult | typeof nothing)[] {
    const { scene } = this.host;
    return scene ? this.all.map((layer) => layer.render(scene)) : [];
  }

  /** True where a layer takes the drag that begins here. */
  begin(tool: Tool, at: Point): boolean {
    const { scene } = this.host;
    this.holder = scene ? this.holderOf(tool, at, scene) : null;
    if (scene) this.holder?.begin?.(tool, at, scene);
    return this.holder !== null;
  }

  drag(tool: Tool, at: Point): void {
    const { scene } = this.host;
    if (scene) this.holder?.drag?.(tool, at, scene);
  }

  end(tool: Tool): void {
    this.holder?.end?.(tool);
    this.holder = null;
  }

  hover(at: Point | null): void {
    for (const layer of this.all) layer.hover?.(at, this.host.scene);
  }

  pictureChanged(): void {
    for (const layer of this.all) layer.pictureChanged?.(this.host.scene);
  }

  /** True where a layer has done it. */
  command(command: Command): boolean {
    return this.all.some((layer) => layer.command?.(command) ?? false);
  }

  close(): void {
    for (const layer of this.all) layer.close?.();
  }

  /** The topmost that grabs what lies there, else the one whose tool it is. */
  private holderOf(tool: Tool, at: Point, scene: GlassScene): GlassLayer | null {
    const topFirst = [...this.all].reverse();
    return topFirst.find((layer) => layer.grab?.(at, scene, tool)) ?? topFirst.find((layer) => layer.tools?.includes(tool)) ?? null;
  }
}
