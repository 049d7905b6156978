/** A presentation state ready to be shown: its graphics, its place, its words. Fetched with the first one that is. */
import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import type { AreaDocument, Pair, PresentationDocument } from "../net/presentation_documents";
import { areaOf, firstPlace, includes, type NamedFrame } from "../state/presentation";
import { areaWords, type Ground, type Placement, partOf, placementBy } from "../state/presentation_geometry";
import { type DrawnLayer, type DrawnText, drawnLayers, LINE_PX, type Placing } from "../state/presentation_graphics";
import { aspectOf, type Point, type Size } from "../state/stack_view";
import type { GlassScene } from "./glass_layer";

export class ShownState {
  constructor(readonly state: PresentationDocument) {}

  /** Where in the stack it begins; null where the frame on screen is one that it is about, or it is about none. */
  beginsAt(scene: GlassScene): number | null {
    return includes(this.state.applies_to, frameOf(scene)) ? null : firstPlace(this.state, framesOf(scene));
  }

  graphics(scene: GlassScene): TemplateResult | typeof nothing {
    const frame = frameOf(scene);
    const layers = drawnLayers(this.state, frame, placingOn(scene, areaOf(this.state, frame)));
    return layers.length > 0 ? graphicsView(scene.size, layers) : nothing;
  }

  /** By what the frame on screen is laid: another area, another place. */
  laidBy(scene: GlassScene): AreaDocument | PresentationDocument {
    return areaOf(this.state, frameOf(scene)) ?? this.state;
  }

  placement(scene: GlassScene): Placement {
    return placementBy(this.state.geometry, areaOf(this.state, frameOf(scene)), groundOf(scene));
  }

  /** What must be said of its size. */
  words(scene: GlassScene): string[] {
    const area = areaOf(this.state, frameOf(scene));
    return area ? areaWords(area, scene.zoom, groundOf(scene)) : [];
  }
}

function frameOf({ shown }: GlassScene): NamedFrame {
  const { instance, frame } = shown.identified;
  return { sopInstanceUid: instance.sop_instance_uid, frameNumber: frame.frame_number };
}

function framesOf({ shown }: GlassScene): NamedFrame[] {
  const { frames, instances } = shown.opened;
  return frames.map(({ instance, frame_number }) => ({
    sopInstanceUid: instances[instance]?.sop_instance_uid ?? "",
    frameNumber: frame_number,
  }));
}

function groundOf({ size, shown }: GlassScene): Ground {
  const { header, opened } = shown;
  const image = { width: header.sourceColumns, height: header.sourceRows };
  return { viewport: size, image, aspect: aspectOf(opened), pixelRatio: globalThis.devicePixelRatio || 1 };
}

/** Where points of a state lie; fractions are of the displayed area as it is on screen, without one of the image. */
function placingOn(scene: GlassScene, area: AreaDocument | null): Placing {
  const { sourceColumns, sourceRows } = scene.shown.header;
  const part = area ? partOf(area) : { x0: 0, y0: 0, x1: sourceColumns, y1: sourceRows };
  const [one, two] = [scene.toScreen({ x: part.x0, y: part.y0 }), scene.toScreen({ x: part.x1, y: part.y1 })];
  const [left, top] = [Math.min(one.x, two.x), Math.min(one.y, two.y)];
  const [width, height] = [Math.abs(two.x - one.x), Math.abs(two.y - one.y)];
  return ([x, y]: Pair, units): Point | null => {
    if (units === "MATRIX") return null; // of slides
    return units === "PIXEL" ? scene.toScreen({ x, y }) : { x: left + x * width, y: top + y * height };
  };
}

function graphicsView(size: Size, layers: readonly DrawnLayer[]): TemplateResult {
  return html`<svg class="graphics" width=${size.width} height=${size.height} aria-hidden="true">
    ${layers.map(
      ({ name, colour, shapes, texts }) => svg`<g data-layer=${name} color=${colour ?? nothing}>
        ${shapes.map(({ path, isFilled }) => svg`<path class="shade" d=${path}></path><path class=${isFilled ? "filled" : ""} d=${path}></path>`)}
        ${texts.map(textView)}
      </g>`,
    )}
  </svg>`;
}

function textView({ lines, at, hold, leader }: DrawnText): SVGTemplateResult {
  return svg`${leader ? svg`<path class="shade" d=${leader}></path><path d=${leader}></path>` : nothing}
    <text x=${at.x} y=${at.y} text-anchor=${hold}>
      ${lines.map((line, place) => svg`<tspan x=${at.x} dy=${place === 0 ? 0 : LINE_PX}>${line}</tspan>`)}
    </text>`;
}
