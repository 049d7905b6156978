/** Where the other pane's picture cuts through this one (S04): asked of the pane's seat, which is there once there are two panes. */
import { css, nothing, type TemplateResult } from "lit";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";
import type { Seat } from "./side_by_side";

export class ReferenceLayer implements GlassLayer {
  private seat: Seat | null = null;

  constructor(private readonly host: GlassHost) {}

  pictureChanged(scene: GlassScene | null): void {
    const { seat } = this.host;
    if (seat !== this.seat) this.close();
    this.seat = seat;
    seat?.watch(this.redraw);
    const { opened, identified } = scene?.shown ?? {};
    seat?.show(scene && opened && identified ? { opened, index: identified.index, orientation: scene.view.orientation } : null);
  }

  render(scene: GlassScene): TemplateResult | typeof nothing {
    return this.seat?.line(scene) ?? nothing;
  }

  close(): void {
    this.seat?.unwatch(this.redraw);
    this.seat?.leave();
  }

  private readonly redraw = (): void => this.host.requestUpdate();
}

export const referenceStyles = css`
  .reference {
    position: absolute;
    top: 0;
    left: 0;
    pointer-events: none;
  }
  .reference line {
    stroke: #5ee6c5;
    stroke-width: 1.25;
  }
  .reference.rough line:not(.under) {
    stroke-dasharray: 7 4;
  }
  .reference .under {
    stroke: #000;
    stroke-opacity: 0.85;
    stroke-width: 3.5;
  }
  .reference text {
    fill: #5ee6c5;
    font: 600 12px var(--font);
    paint-order: stroke;
    stroke: #000;
    stroke-width: 3px;
  }
  .reference .right {
    text-anchor: end;
  }
`;
