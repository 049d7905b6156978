import { describe, expect, it } from "vitest";
import type { OpenedDocument } from "../net/documents";
import { UPRIGHT } from "../state/orientation";
import { openedOf } from "../state/test_documents";
import { SideBySide } from "./side_by_side";

/** Axial slices 1 mm thick from z = first on, of this series and Frame of Reference. */
function stack(series: string, count: number, first: number, frame_of_reference = "1.9"): OpenedDocument {
  const frames = Array.from({ length: count }, (_, instance) => ({
    instance,
    frame_number: 1,
    plane: { origin: [0, 0, first + instance] as const },
  }));
  return openedOf({
    series_instance_uid: series,
    spacing: { row_mm: 1, column_mm: 1, kind: "calibrated", label: "" },
    frame_of_reference,
    orientation_vectors: { row: [1, 0, 0], column: [0, 1, 0] },
    frames,
  });
}

/** A page of two panes that shows at once what it is asked for. */
class Page {
  readonly went: string[] = [];
  readonly led = new Set<number>();
  isFollower = false;
  readonly sides = new SideBySide(this);
  private readonly opened: (OpenedDocument | null)[] = [null, null];

  go(place: 0 | 1, index: number): void {
    this.went.push(`${place}:${index}`);
    this.scroll(place, index);
  }

  isFollowing(): boolean {
    return this.isFollower;
  }

  isLed(place: number): boolean {
    return this.led.has(place);
  }

  changed(): void {}

  open(place: 0 | 1, opened: OpenedDocument, index: number): void {
    this.opened[place] = opened;
    this.sides.moved(place, index, false);
    this.show(place, index);
  }

  /** By hand. */
  scroll(place: 0 | 1, index: number): void {
    this.sides.moved(place, index, true);
    this.show(place, index);
  }

  /** As someone else looks: nobody is told that it moved. */
  show(place: 0 | 1, index: number): void {
    const opened = this.opened[place];
    if (opened) this.sides.seats[place].show({ opened, index, orientation: UPRIGHT });
  }
}

const HERE = stack("2.25.1", 20, 0);
const NEAR = stack("2.25.2", 20, 5);
const FAR = stack("2.25.3", 20, 500, "1.8");

describe("two panes side by side", () => {
  it("test_S04_what_is_hung_beside_goes_to_the_same_place_in_the_patient", () => {
    const page = new Page();
    page.open(0, HERE, 12);
    page.open(1, NEAR, 10);
    expect(page.went).toEqual(["1:7"]);
    page.scroll(0, 13);
    page.scroll(1, 3);
    expect(page.went).toEqual(["1:7", "1:8", "0:8"]);
  });

  it("test_S04_another_space_is_linked_as_it_stands_and_anew_when_linked_again", () => {
    const page = new Page();
    page.open(0, HERE, 12);
    page.open(1, FAR, 10);
    page.scroll(0, 13);
    expect(page.went).toEqual(["1:11"]);
    page.sides.toggleLink(0);
    page.scroll(0, 16);
    expect([page.went, page.sides.facts.isLinked]).toEqual([["1:11"], false]);
    page.sides.toggleLink(0);
    page.scroll(1, 12);
    expect(page.went).toEqual(["1:11", "0:17"]);
  });

  it("goes nowhere for a window, a picture that comes late, or by itself", () => {
    const page = new Page();
    page.open(0, HERE, 7);
    page.open(1, NEAR, 2);
    page.sides.moved(0, 7, true);
    page.sides.moved(0, 8, false);
    page.show(0, 6);
    expect(page.went).toEqual([]);
  });

  it("keeps what the person chose for the next series, and links no stack to itself unasked", () => {
    const page = new Page();
    page.open(0, HERE, 12);
    page.open(1, HERE, 10);
    expect(page.sides.facts.isLinked).toBe(false);
    page.open(1, NEAR, 10);
    expect(page.sides.facts.isLinked).toBe(true);
    page.sides.toggleLink(0);
    page.open(1, FAR, 10);
    expect(page.sides.facts.isLinked).toBe(false);
  });

  it("test_S17_leaves_panes_that_follow_alone_and_links_them_as_they_were_left", () => {
    const page = new Page();
    page.isFollower = true;
    page.led.add(0).add(1);
    page.open(0, HERE, 12);
    page.open(1, FAR, 10);
    page.show(0, 5); // the presenter moves one pane alone
    expect([page.went, page.sides.words.link, page.sides.facts.whyNot]).toEqual([[], null, "Both panes follow the presenter"]);
    page.isFollower = false;
    page.led.delete(0);
    page.scroll(0, 6); // the person's own hand
    expect(page.went).toEqual(["1:11"]);
  });

  it("test_S01_lines_and_words_are_of_the_pictures_on_screen_not_of_those_asked_for", () => {
    const page = new Page();
    page.open(0, HERE, 12);
    page.open(1, NEAR, 7);
    page.sides.moved(0, 15, true); // its picture is still to come
    expect(page.went).toEqual(["1:10"]);
    expect(page.sides.seats[1].crossing?.index).toBe(12);
    expect(page.sides.words.link?.title).toContain("3.0 mm away"); // z = 12 is on screen here, 15 there
    page.show(0, 15);
    expect(page.sides.seats[1].crossing?.index).toBe(15);
    expect(page.sides.words.link?.title).toContain("0.0 mm away");
  });

  it("shows the other's picture for reference lines unless they are off, and nothing of what left", () => {
    const page = new Page();
    page.open(0, HERE, 12);
    page.open(1, FAR, 10);
    expect(page.sides.seats[0].crossing?.index).toBe(10);
    page.sides.toggleLines();
    expect(page.sides.seats[0].crossing).toBeNull();
    page.sides.toggleLines();
    page.sides.seats[1].leave();
    expect([page.sides.seats[0].crossing, page.sides.words.link, page.sides.facts.whyNot]).toEqual([
      null,
      null,
      "There is only one picture",
    ]);
  });
});
