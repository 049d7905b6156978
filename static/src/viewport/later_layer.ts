/** A layer whose code is fetched once a first picture is on screen, so that the page's first load stays small. */
import { nothing, type TemplateResult } from "lit";
import type { Point } from "../state/stack_view";
import type { Tool } from "../state/tool";
import type { Command } from "../tools/keys";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";

type LayerKind = new (host: GlassHost) => GlassLayer;

/** Return a kind of layer that does what the fetched one does, from when that is here. */
export function later(tools: readonly Tool[], load: () => Promise<LayerKind>): LayerKind {
  return class implements GlassLayer {
    readonly tools = tools;
    private layer: GlassLayer | null = null;
    private isAsked = false;
    private isClosed = false;

    constructor(private readonly host: GlassHost) {}

    render(scene: GlassScene): TemplateResult | typeof nothing {
      return this.layer?.render(scene) ?? nothing;
    }

    begin(tool: Tool, at: Point, scene: GlassScene): void {
      this.layer?.begin?.(tool, at, scene);
    }

    drag(tool: Tool, at: Point, scene: GlassScene): void {
      this.layer?.drag?.(tool, at, scene);
    }

    end(tool: Tool): void {
      this.layer?.end?.(tool);
    }

    grab(at: Point, scene: GlassScene, tool: Tool): boolean {
      return this.layer?.grab?.(at, scene, tool) ?? false;
    }

    hover(at: Point | null, scene: GlassScene | null): void {
      this.layer?.hover?.(at, scene);
    }

    pictureChanged(scene: GlassScene | null): void {
      if (scene && !this.isAsked) void this.fetch();
      this.layer?.pictureChanged?.(scene);
    }

    command(command: Command): boolean {
      return this.layer?.command?.(command) ?? false;
    }

    close(): void {
      this.isClosed = true;
      this.layer?.close?.();
    }

    private async fetch(): Promise<void> {
      this.isAsked = true;
      try {
        const Kind = await load();
        if (this.isClosed) return;
        this.layer = new Kind(this.host);
        this.host.requestUpdate();
      } catch {
        this.isAsked = false; // the next picture asks again
      }
    }
  };
}
