/** How far this window is in step with a shared view, as the presenter is told. */
import type { Standing } from "../net/worker_messages";
import type { Stage } from "./shared_stage";

/** A picture that lags behind the view for a shorter time isn't worth a word; where there is none at all, that is said at once. */
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
    const lags = this.stage.places.map((_, index) => this.lag(index));
    if (lags.every((lag) => lag === "none")) {
      this.loadingSince_ms = null;
      return "in step";
    }
    this.loadingSince_ms ??= performance.now();
    const isBrief = performance.now() - this.loadingSince_ms <= LOADING_AFTER_MS && !lags.includes("empty");
    return isBrief && this.condition === "in step" ? "in step" : "loading";
  }

  /** How far the picture at a place is behind what it is to show. */
  private lag(index: number): "none" | "behind" | "empty" {
    const place = this.stage.places[index];
    if (!place || typeof place === "string" || place.item.kind === "object") return "none";
    const probe = this.stage.pane(index)?.probe;
    if (probe?.condition !== "ready" || probe.header === null) return "empty";
    const view = probe.sharedView;
    const isOther = view?.kind === "stack" && view.cine?.playing !== true && probe.header.index !== view.index;
    return isOther || probe.tilesPending > 0 ? "behind" : "none";
  }
}
