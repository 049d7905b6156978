/** The studies that a page holds: the one it is about, and the others of the patient in its tray. */
import { studyContents } from "../net/api";
import type { ItemDocument, StudyContents, StudyDocument } from "../net/documents";
import { likeItem, neighbour, tagOf } from "../state/hanging";
import type { Hung } from "../viewport/pane";
import type { TrayStudy } from "./tray";

export class StudyShelf {
  studies: readonly TrayStudy[] = [];

  /** changed: called after every change of `studies`. */
  constructor(private readonly changed: () => void) {}

  /** What the page's own study holds, or null before it is known. */
  get own(): StudyContents | null {
    return contentsOf(this.studies.find((one) => one.isCurrent));
  }

  /** Put the study that the page is about, with the patient's others below; null clears everything. */
  put(contents: StudyContents | null): void {
    if (!contents) {
      this.replace([]);
      return;
    }
    const own: TrayStudy = { study: contents.study, interval: "", isCurrent: true, contents };
    const related = contents.related.map((study): TrayStudy => ({ study, interval: study.interval, isCurrent: false, contents: null }));
    this.replace([own, ...related]);
  }

  /** What hangs when this item is chosen, with its tag and interval (S04). */
  hungOf(item: ItemDocument, study: StudyDocument): Hung {
    const row = this.row(study.study_instance_uid);
    if (!row || row.isCurrent) return { item, study, tag: "CURRENT", interval: "" };
    const { tag, distance } = tagOf(row.interval);
    return { item, study, tag, interval: distance };
  }

  /** The item of a series and stack, its study unfolded if need be; null where it isn't there for this person. */
  async find(uid: string, series: string, stack: string | null): Promise<Hung | null> {
    const contents = await this.unfold(uid);
    const item = contents?.items.find((one) => one.series_instance_uid === series && (one.stack ?? null) === stack);
    return contents && item ? this.hungOf(item, contents.study) : null;
  }

  /** The item before or after this one in its study, or null at the ends. */
  beside(hung: Hung, by: number): ItemDocument | null {
    const contents = contentsOf(this.row(hung.study.study_instance_uid));
    const next = contents && neighbour(contents.items, hung.item.key, by);
    return next && next.key !== hung.item.key ? next : null;
  }

  /** The items of its study, as the tray has them. */
  itemsOf(hung: Hung): readonly ItemDocument[] {
    return contentsOf(this.row(hung.study.study_instance_uid))?.items ?? [];
  }

  /** What belongs beside the first pane: the most like item of the nearest prior, else the next item of this study. */
  async companion(first: Hung): Promise<Hung | null> {
    const priors = this.studies.filter((one) => !one.isCurrent && one.study.modalities.includes(first.item.modality));
    for (const prior of priors.slice(0, 2)) {
      const contents = await this.unfold(prior.study.study_instance_uid);
      const item = contents && likeItem(first.item, contents.items);
      if (item) return this.hungOf(item, prior.study);
    }
    const items = this.own?.items.filter((item) => item.kind !== "object") ?? [];
    const next = neighbour(items, first.item.key, 1);
    return next && next.key !== first.item.key ? this.hungOf(next, first.study) : null;
  }

  /** Unfold a study of the tray, or fold it again. */
  async toggle(uid: string): Promise<void> {
    if (contentsOf(this.row(uid))) this.replaceRow(uid, null);
    else await this.unfold(uid);
  }

  private async unfold(uid: string): Promise<StudyContents | null> {
    const row = this.row(uid);
    if (!row) return null;
    const known = contentsOf(row);
    if (known) return known;
    this.replaceRow(uid, "loading");
    try {
      const contents = await studyContents(uid);
      this.replaceRow(uid, contents);
      return contents;
    } catch {
      this.replaceRow(uid, "failed");
      return null;
    }
  }

  private row(uid: string): TrayStudy | undefined {
    return this.studies.find((one) => one.study.study_instance_uid === uid);
  }

  private replaceRow(uid: string, contents: TrayStudy["contents"]): void {
    this.replace(this.studies.map((one) => (one.study.study_instance_uid === uid ? { ...one, contents } : one)));
  }

  private replace(studies: readonly TrayStudy[]): void {
    this.studies = studies;
    this.changed();
  }
}

function contentsOf(row: TrayStudy | undefined): StudyContents | null {
  return row?.contents && typeof row.contents !== "string" ? row.contents : null;
}
