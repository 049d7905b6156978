/** The slide itself: OpenSeadragon fed with tiles by the stream. Its own chunk, loaded when a slide is opened. */
import OpenSeadragon from "openseadragon";
import type { OpenedDocument, SlideDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import { six, slideScale } from "../state/shared_map";
import type { SharedPointer, SharedSlideView } from "../state/shared_state";
import type { SlideViewFacts } from "../state/slide_view";
import type { Point } from "../state/stack_view";
import { SlideTiles } from "./slide_tiles";

const TILE_TIMEOUT_MS = 60_000;
/** What stands where tiles are on their way: neither glass nor tissue (S11). */
const LOADING_COLOUR = "#2a2d33";

export interface SlidePlace {
  readonly center: OpenSeadragon.Point;
  readonly zoom: number;
  readonly rotation_degrees: number;
  readonly isFlipped: boolean;
}

export interface SlideScreen {
  sceneChanged(): void;
  /** The view is another than before, and not because it follows (ViewMoved). */
  sceneMoved(cause: "hand" | "itself"): void;
}

/** A person's own hand on the slide or its map. */
const BY_HAND = [
  "canvas-drag",
  "canvas-scroll",
  "canvas-pinch",
  "canvas-double-click",
  "navigator-click",
  "navigator-drag",
  "navigator-scroll",
] as const;

export class SlideScene {
  readonly tiles: SlideTiles;
  private wasMovedByHand = false;
  private readonly viewer: OpenSeadragon.Viewer;

  constructor(
    host: HTMLElement,
    private readonly opened: OpenedDocument,
    private readonly slide: SlideDocument,
    channel: Channel,
    private readonly screen: SlideScreen,
    /** Where to begin: a view that was there before the line was lost. */
    place: SlidePlace | null,
    /** What someone else looks at, until the person's own hand moves something. */
    public followed: SharedSlideView | null,
  ) {
    this.tiles = new SlideTiles(opened, slide, channel, () => screen.sceneChanged());
    const mapSize = host.clientWidth < 520 ? "96px" : "148px";
    this.viewer = OpenSeadragon({
      element: host,
      tileSources: [this.tiles.source()],
      drawer: "canvas",
      immediateRender: true,
      placeholderFillStyle: LOADING_COLOUR,
      showNavigationControl: false,
      showNavigator: true,
      navigatorPosition: "ABSOLUTE",
      navigatorTop: "8px",
      navigatorLeft: "8px",
      navigatorWidth: mapSize,
      navigatorHeight: mapSize,
      navigatorBackground: "#121417",
      navigatorOpacity: 1,
      navigatorBorderColor: "#2b2f36",
      navigatorDisplayRegionColor: "#2f7fd6",
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.35,
      springStiffness: 9,
      zoomPerScroll: 1.3,
      minZoomImageRatio: 0.7,
      maxZoomPixelRatio: 8,
      visibilityRatio: 0.4,
      imageLoaderLimit: 0,
      timeout: TILE_TIMEOUT_MS,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { pinchRotate: false },
      tabIndex: 0,
    });
    this.viewer.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = true;
    });
    this.viewer.addHandler("viewport-change", () => {
      this.tiles.giveUpOutside(this.viewer.viewport.getBoundsNoRotate(false));
      this.changed();
    });
    this.viewer.addHandler("open", () => {
      if (this.followed) this.follow(this.followed);
      else if (place) this.restore(place);
      this.viewer.world.getItemAt(0)?.addHandler("fully-loaded-change", () => screen.sceneChanged());
      this.changed();
    });
    this.viewer.addHandler("resize", () => {
      if (this.followed) this.follow(this.followed);
      this.changed();
    });
    for (const name of ["rotate", "flip", "animation-finish"] as const) this.viewer.addHandler(name, () => this.changed());
    for (const name of BY_HAND) this.viewer.addHandler(name, () => this.moveByHand());
  }

  /** Look as someone else looks: all of what their viewport holds lies in this one. */
  follow(view: SharedSlideView): void {
    this.followed = view;
    const item = this.viewer.world.getItemAt(0);
    if (!item) return;
    const { viewport } = this.viewer;
    const { x: width, y: height } = viewport.getContainerSize();
    viewport.setRotation(view.rotation, true);
    viewport.setFlip(view.flipped);
    viewport.zoomTo(item.imageToViewportZoom(slideScale(view, { width, height })), undefined, true);
    viewport.panTo(item.imageToViewportCoordinates(new OpenSeadragon.Point(...view.center)), true);
  }

  /** As others can follow it; null before the slide is open. Where it glides, what is on screen now. */
  get shared(): SharedSlideView | null {
    const { facts } = this;
    const size = this.viewer.viewport?.getContainerSize();
    if (!facts || !size) return null;
    const scale = facts.zoom / (globalThis.devicePixelRatio || 1);
    const { middle, rotation_degrees, isFlipped } = facts;
    return {
      kind: "slide",
      center: [six(middle.x), six(middle.y)],
      span: [six(size.x / scale), six(size.y / scale)],
      rotation: six(((rotation_degrees % 360) + 360) % 360),
      flipped: isFlipped,
    };
  }

  /** What is at a place of the glass, in CSS pixels from its top left corner; null beside the slide. */
  pointerAt(place: Point): SharedPointer | null {
    const whole = this.slide.levels[0];
    if (!this.facts || !whole) return null;
    const { x, y } = this.toImage(place);
    if (x < 0 || y < 0 || x > whole.columns || y > whole.rows) return null;
    const instance = this.opened.instances[0]?.digest ?? null;
    return { at: [six(x), six(y)], mm: null, frame_of_reference: null, instance, frame: null };
  }

  placeOf(pointer: SharedPointer): Point | null {
    if (!this.facts || pointer.instance !== this.opened.instances[0]?.digest) return null;
    return this.toScreen({ x: pointer.at[0], y: pointer.at[1] });
  }

  /** From CSS pixels of the glass to pixels of level 0, and back; once the slide is open. */
  toImage(place: Point): Point {
    const { x, y } = this.viewer.world.getItemAt(0).viewerElementToImageCoordinates(this.mirrored(place));
    return { x, y };
  }

  toScreen({ x, y }: Point): Point {
    const at = this.viewer.world.getItemAt(0).imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y));
    const { x: left, y: top } = this.mirrored(at);
    return { x: left, y: top };
  }

  /** What the view is now; null before the slide is open. */
  get facts(): SlideViewFacts | null {
    const item = this.viewer.world?.getItemAt(0);
    if (!item) return null;
    const { viewport } = this.viewer;
    const middle = item.viewportToImageCoordinates(viewport.getCenter(true));
    return {
      zoom: item.viewportToImageZoom(viewport.getZoom(true)) * (globalThis.devicePixelRatio || 1),
      isLoading: this.tiles.pending > 0 || !item.getFullyLoaded(),
      absentTiles: this.tiles.absent,
      middle: { x: middle.x, y: middle.y },
      rotation_degrees: viewport.getRotation(true),
      isFlipped: viewport.getFlip(),
    };
  }

  get place(): SlidePlace {
    const { viewport } = this.viewer;
    return {
      center: viewport.getCenter(),
      zoom: viewport.getZoom(),
      rotation_degrees: viewport.getRotation(),
      isFlipped: viewport.getFlip(),
    };
  }

  zoomTo(devicePixelsPerPixel: number): void {
    this.moveByHand();
    const item = this.viewer.world.getItemAt(0);
    if (!item) return;
    this.viewer.viewport.zoomTo(item.imageToViewportZoom(devicePixelsPerPixel / (globalThis.devicePixelRatio || 1)));
    this.viewer.viewport.applyConstraints();
  }

  zoomBy(factor: number): void {
    this.moveByHand();
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  /** Shares of the view's width and height. */
  panBy(x: number, y: number): void {
    this.moveByHand();
    const { width, height } = this.viewer.viewport.getBounds(true);
    this.viewer.viewport.panBy(new OpenSeadragon.Point(x * width, y * height));
    this.viewer.viewport.applyConstraints();
  }

  fit(): void {
    this.moveByHand();
    this.viewer.viewport.goHome();
  }

  rotateBy(degrees: number): void {
    this.moveByHand();
    const { viewport } = this.viewer;
    viewport.setRotation(viewport.getRotation() + (viewport.getFlip() ? -degrees : degrees));
  }

  flip(axis: "horizontal" | "vertical"): void {
    this.moveByHand();
    this.viewer.viewport.toggleFlip();
    if (axis === "vertical") this.viewer.viewport.setRotation(this.viewer.viewport.getRotation() + 180);
  }

  reset(): void {
    this.viewer.viewport.setRotation(0);
    this.viewer.viewport.setFlip(false);
    this.fit();
  }

  destroy(): void {
    this.tiles.stop();
    this.viewer.destroy();
  }

  /** OpenSeadragon mirrors the drawing, not its coordinates. */
  private mirrored({ x, y }: Point): OpenSeadragon.Point {
    const { viewport } = this.viewer;
    return new OpenSeadragon.Point(viewport.getFlip() ? viewport.getContainerSize().x - x : x, y);
  }

  private moveByHand(): void {
    this.followed = null;
    this.wasMovedByHand = true;
  }

  private changed(): void {
    this.screen.sceneChanged();
    if (!this.followed) this.screen.sceneMoved(this.wasMovedByHand ? "hand" : "itself");
  }

  private restore(place: SlidePlace): void {
    const { viewport } = this.viewer;
    viewport.setRotation(place.rotation_degrees, true);
    viewport.setFlip(place.isFlipped);
    viewport.zoomTo(place.zoom, undefined, true);
    viewport.panTo(place.center, true);
  }
}
