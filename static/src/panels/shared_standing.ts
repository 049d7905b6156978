/** How far this window is in step with a shared view, as the presenter is told. */
import type { Standing } from "../net/worker_messages";
import type { Stage } from "./shared_stage";

/** Shorter waits aren't worth a word. */
const LOADING_AFTER_MS = 300;

export class StandingWatch {
  condition: Standing = "blank";
  private loadingSince_ms: number | null = null;

  constructor(private readonly stage: Stage) {}

  /** Look again; true where the condition is another than before. known: what doesn't depend on pictures, or null. */
  look(known: Standing | null): boolean {
    const before = this.condition;
    this.condition = known ?? this.byPictures();
    return this.condition !== before;
  }

  private byPictures(): Standing {
    if (this.stage.places.every((_, index) => this.isReady(index))) {
      this.loadingSince_ms = null;
      return "in step";
    }
    this.loadingSince_ms ??= performance.now();
    const isBrief = performance.now() - this.loadingSince_ms <= LOADING_AFTER_MS;
    return isBrief && this.condition === "in step" ? "in step" : "loading";
  }

  private isReady(index: number): boolean {
    const place = this.stage.places[index];
    if (!place || typeof place === "string" || place.item.kind === "object") return true;
    const probe = this.stage.pane(index)?.probe;
    if (probe?.condition !== "ready" || probe.header === null || probe.tilesPending > 0) return false;
    const view = probe.sharedView;
    return view?.kind !== "stack" || view.cine?.playing === true || probe.header.index === view.index;
  }
}
