/** The tiles of a slide on their way from the stream to OpenSeadragon: one message for each look, and none for what was panned away. */
import OpenSeadragon from "openseadragon";
import type { LevelDocument, OpenedDocument, SlideDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { TileWish } from "../net/worker_messages";
import { IdentityTable } from "../state/identity";

const BITMAP = "imageBitmap";
const ABORTED = "Image load aborted.";
/** Half of what the server keeps waiting for a socket, so that two slides fit. */
const MOST_WAITING = 256;

interface WaitingTile {
  readonly job: OpenSeadragon.ImageJob;
  readonly level: number;
  readonly column: number;
  readonly row: number;
}

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

export class SlideTiles {
  shown = 0;
  refused = 0;
  absent = 0;
  lastHeader: PictureHeader | null = null;
  private readonly table: IdentityTable;
  private readonly waiting = new Map<number, WaitingTile>();
  private readonly sequenceOf = new Map<OpenSeadragon.ImageJob, number>();
  private unsent: WaitingTile[] = [];
  private finished: Finish[] = [];
  private sending = 0;
  private finishing = 0;

  constructor(
    private readonly opened: OpenedDocument,
    private readonly slide: SlideDocument,
    private readonly channel: Channel,
    private readonly changed: () => void,
  ) {
    prepare();
    this.table = new IdentityTable(opened);
  }

  get pending(): number {
    return this.waiting.size + this.unsent.length + this.finished.length;
  }

  /** The pyramid as OpenSeadragon asks for it. */
  source(): OpenSeadragon.TileSource {
    const tiles = this;
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
        return `${tiles.opened.epoch}/${level}/${x}/${y}`;
      }
      override hasTransparency(): boolean {
        return false;
      }
      override downloadTileStart(job: OpenSeadragon.ImageJob): void {
        tiles.want({ job, level: levels.length - 1 - job.tile.level, column: job.tile.x, row: job.tile.y });
      }
      override downloadTileAbort(job: OpenSeadragon.ImageJob): void {
        tiles.giveUp(job);
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

  /** A tile is here. It is drawn only where this slide asked for it (S01). */
  take(header: PictureHeader, bitmap: ImageBitmap): void {
    const tile = this.waiting.get(header.sequence);
    const refusal = this.table.refuseTile(header);
    const isWanted = tile && tile.level === header.level && tile.column === header.tileColumn && tile.row === header.tileRow;
    if (!tile || !isWanted || (refusal && header.fidelity !== "absent")) {
      bitmap.close();
      if (tile || refusal) this.refused += 1;
      return;
    }
    this.waiting.delete(header.sequence);
    this.sequenceOf.delete(tile.job);
    if (header.fidelity === "absent") this.absent += 1;
    else this.lastHeader = header;
    this.finished.push(() => {
      this.shown += 1;
      tile.job.finish(bitmap, null, BITMAP);
    });
    this.finishing ||= requestAnimationFrame(() => this.finishAll());
  }

  failed(sequence: number): void {
    const tile = this.waiting.get(sequence);
    this.waiting.delete(sequence);
    if (tile) {
      this.sequenceOf.delete(tile.job);
      tile.job.fail("tile could not be delivered", null);
    }
    this.changed();
  }

  /** OpenSeadragon never gives up tiles that were panned away; the smallest level stays, for the map and the background. */
  giveUpOutside(seen: OpenSeadragon.Rect): void {
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

  stop(): void {
    cancelAnimationFrame(this.sending);
    cancelAnimationFrame(this.finishing);
    this.waiting.clear();
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
    this.changed();
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
    this.changed();
  }

  private giveUp(job: OpenSeadragon.ImageJob): void {
    this.unsent = this.unsent.filter((tile) => tile.job !== job);
    const sequence = this.sequenceOf.get(job);
    if (sequence === undefined) return;
    this.sequenceOf.delete(job);
    this.waiting.delete(sequence);
    this.channel.cancelTiles([sequence]);
  }
}
