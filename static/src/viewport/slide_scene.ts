/** The slide itself: OpenSeadragon fed with tiles by the stream. Its own chunk, loaded when a slide is opened. */
import OpenSeadragon from "openseadragon";
import type { LevelDocument, OpenedDocument, SlideDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { TileWish } from "../net/worker_messages";
import { IdentityTable } from "../state/identity";
import { six, slideScale } from "../state/shared_map";
import type { SharedPointer, SharedSlideView } from "../state/shared_state";
import type { SlideViewFacts } from "../state/slide_view";
import type { Point } from "../state/stack_view";

const BITMAP = "imageBitmap";
const ABORTED = "Image load aborted.";
/** Half of what the server keeps waiting for a socket, so that two slides fit. */
const MOST_WAITING = 256;
const TILE_TIMEOUT_MS = 60_000;
/** What stands where tiles are on their way: neither glass nor tissue (S11). */
const LOADING_COLOUR = "#2a2d33";

interface WaitingTile {
  readonly job: OpenSeadragon.ImageJob;
  readonly level: number;
  readonly column: number;
  readonly row: number;
}

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

type Finish = () => void;

let isPrepared = false;

/** Teach OpenSeadragon our bitmaps; and not to call a tile that was given up an error. */
function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  OpenSeadragon.converter.learnDestroy(BITMAP, (bitmap: ImageBitmap) => bitmap.close());
  const own = { ...globalThis.console };
  const quiet = { ...own, error: (...words: unknown[]) => (words.at(-1) === ABORTED ? undefined : own.error(...words)) };
  (OpenSeadragon as unknown as { console: Console }).console = quiet as Console;
}

export class SlideScene {
  tilesShown = 0;
  tilesRefused = 0;
  absentTiles = 0;
  lastHeader: PictureHeader | null = null;
  private wasMovedByHand = false;
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly table: IdentityTable;
  private readonly waiting = new Map<number, WaitingTile>();
  private readonly sequenceOf = new Map<OpenSeadragon.ImageJob, number>();
  private unsent: WaitingTile[] = [];
  private finished: Finish[] = [];
  private sending = 0;
  private finishing = 0;

  constructor(
    host: HTMLElement,
    private readonly opened: OpenedDocument,
    private readonly slide: SlideDocument,
    private readonly channel: Channel,
    private readonly screen: SlideScreen,
    /** Where to begin: a view that was there before the line was lost. */
    place: SlidePlace | null,
    /** What someone else looks at, until the person's own hand moves something. */
    public followed: SharedSlideView | null,
  ) {
    prepare();
    this.table = new IdentityTable(opened);
    const mapSize = host.clientWidth < 520 ? "96px" : "148px";
    this.viewer = OpenSeadragon({
      element: host,
      tileSources: [this.tileSource()],
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
      this.giveUpFarTiles();
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

  get pending(): number {
    return this.waiting.size + this.unsent.length + this.finished.length;
  }

  /** What the view is now; null before the slide is open. */
  get facts(): SlideViewFacts | null {
    const item = this.viewer.world?.getItemAt(0);
    if (!item) return null;
    const { viewport } = this.viewer;
    const middle = item.viewportToImageCoordinates(viewport.getCenter(true));
    return {
      zoom: item.viewportToImageZoom(viewport.getZoom(true)) * (globalThis.devicePixelRatio || 1),
      isLoading: this.pending > 0 || !item.getFullyLoaded(),
      absentTiles: this.absentTiles,
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

  /** A tile is here. It is drawn only where this slide asked for it (S01). */
  take(header: PictureHeader, bitmap: ImageBitmap): void {
    const tile = this.waiting.get(header.sequence);
    const refusal = this.table.refuseTile(header);
    const isWanted = tile && tile.level === header.level && tile.column === header.tileColumn && tile.row === header.tileRow;
    if (!tile || !isWanted || (refusal && header.fidelity !== "absent")) {
      bitmap.close();
      if (tile || refusal) this.tilesRefused += 1;
      return;
    }
    this.waiting.delete(header.sequence);
    this.sequenceOf.delete(tile.job);
    if (header.fidelity === "absent") this.absentTiles += 1;
    else this.lastHeader = header;
    this.finished.push(() => {
      this.tilesShown += 1;
      tile.job.finish(bitmap, null, BITMAP);
    });
    this.finishing ||= requestAnimationFrame(() => this.finishAll());
  }

  failed(sequence: number): void {
    const tile = this.waiting.get(sequence);
    this.waiting.delete(sequence);
    tile?.job.fail("tile could not be delivered", null);
    this.screen.sceneChanged();
  }

  destroy(): void {
    cancelAnimationFrame(this.sending);
    cancelAnimationFrame(this.finishing);
    this.waiting.clear();
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

  private tileSource(): OpenSeadragon.TileSource {
    const scene = this;
    const levels = [...this.slide.levels].reverse(); // OpenSeadragon counts from the smallest
    const whole = levels.at(-1) as LevelDocument;
    const levelAt = (level: number) => levels[level] ?? whole;

    class StreamTileSource extends OpenSeadragon.TileSource {
      override getLevelScale(level: number): number {
        return levelAt(level).columns / whole.columns;
      }
      override getNumTiles(level: number): OpenSeadragon.Point {
        const { tiles_across, tiles_down } = levelAt(level);
        return new OpenSeadragon.Point(tiles_across, tiles_down);
      }
      override getTileWidth(level: number): number {
        return levelAt(level).tile_columns;
      }
      override getTileHeight(level: number): number {
        return levelAt(level).tile_rows;
      }
      override getTileUrl(level: number, x: number, y: number): string {
        return `${levels.length - 1 - level}/${x}/${y}`;
      }
      override getTileHashKey(level: number, x: number, y: number): string {
        return `${scene.opened.epoch}/${level}/${x}/${y}`;
      }
      override hasTransparency(): boolean {
        return false;
      }
      override downloadTileStart(job: OpenSeadragon.ImageJob): void {
        scene.want({ job, level: levels.length - 1 - job.tile.level, column: job.tile.x, row: job.tile.y });
      }
      override downloadTileAbort(job: OpenSeadragon.ImageJob): void {
        scene.giveUp(job);
      }
    }
    return new StreamTileSource({
      width: whole.columns,
      height: whole.rows,
      tileWidth: whole.tile_columns,
      tileHeight: whole.tile_rows,
      tileOverlap: 0,
      minLevel: 0,
      maxLevel: levels.length - 1,
    } as OpenSeadragon.TileSourceOptions);
  }

  private want(tile: WaitingTile): void {
    this.unsent.push(tile);
    this.sending ||= requestAnimationFrame(() => this.sendAll());
  }

  /** One message for all tiles that one look at the slide asks for. */
  private sendAll(): void {
    this.sending = 0;
    const tiles = this.unsent.splice(0, MOST_WAITING - this.waiting.size);
    if (tiles.length === 0) return;
    const sequences = this.channel.tiles(tiles.map((tile) => this.wishOf(tile)));
    tiles.forEach((tile, position) => {
      const sequence = sequences[position];
      if (sequence === undefined) return;
      this.waiting.set(sequence, tile);
      this.sequenceOf.set(tile.job, sequence);
    });
    this.screen.sceneChanged();
  }

  private wishOf({ level, column, row }: WaitingTile): Omit<TileWish, "sequence"> {
    const size = this.slide.levels[level] as LevelDocument;
    return {
      level,
      column,
      row,
      columns: Math.min(size.tile_columns, size.columns - column * size.tile_columns),
      rows: Math.min(size.tile_rows, size.rows - row * size.tile_rows),
    };
  }

  private finishAll(): void {
    this.finishing = 0;
    const finished = this.finished;
    this.finished = [];
    for (const finish of finished) finish();
    if (this.unsent.length > 0) this.sendAll();
    this.screen.sceneChanged();
  }

  private giveUp(job: OpenSeadragon.ImageJob): void {
    this.unsent = this.unsent.filter((tile) => tile.job !== job);
    const sequence = this.sequenceOf.get(job);
    if (sequence === undefined) return;
    this.sequenceOf.delete(job);
    this.waiting.delete(sequence);
    this.channel.cancelTiles([sequence]);
  }

  /** OpenSeadragon never gives up tiles that were panned away; the smallest level stays, for the map and the background. */
  private giveUpFarTiles(): void {
    const seen = this.viewer.viewport.getBoundsNoRotate(false);
    for (const { job } of [...this.waiting.values(), ...this.unsent]) {
      const { bounds, level } = job.tile;
      const isNear =
        bounds.x < seen.x + seen.width &&
        bounds.x + bounds.width > seen.x &&
        bounds.y < seen.y + seen.height &&
        bounds.y + bounds.height > seen.y;
      if (level === 0 || isNear) continue;
      const tile = job.tile;
      (job as unknown as { abort(): void }).abort();
      tile.exists = true; // or it would never be asked for again
    }
  }
}
