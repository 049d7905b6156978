/** What keys.ts does, in words for people; keep both alike. */

/** The cheat sheet: groups of (keys, meaning). */
export const CHEAT_SHEET: readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[] = [
  {
    title: "Images",
    rows: [
      ["↑ ↓ or wheel", "previous, next image"],
      ["Shift ↑ ↓", "ten images"],
      ["Home End", "first, last image"],
      ["PgUp PgDn", "previous, next series"],
      ["n, Shift N", "next, previous key image"],
    ],
  },
  {
    title: "Loops",
    rows: [
      ["Space or c", "play, pause"],
      ["← →", "step frames while paused; else change pane"],
      [", .", "slower, faster"],
      ["b", "back and forth"],
      ["Shift I, Shift O", "begin, end with this frame"],
      ["Shift C", "the whole clip"],
      ["y", "two loops in step, beat for beat"],
      ["a", "one clip after another"],
    ],
  },
  {
    title: "Look",
    rows: [
      ["Drag", "the chosen tool (window at first)"],
      ["Right drag", "zoom"],
      ["Middle drag", "pan"],
      ["Ctrl wheel", "zoom"],
      ["1 – 9", "window presets; zoom steps on slides"],
      ["w s z p", "window, scroll, zoom, pan tool"],
      ["+ - =", "zoom in, out, fit"],
      ["0", "reset the view"],
    ],
  },
  {
    title: "Measure",
    rows: [
      ["l", "length"],
      ["e r", "ellipse, rectangle: area and statistics"],
      ["x", "values where you drag; a mouse need only point"],
      ["Drag a handle or line", "change or move it"],
      ["Del", "take the selected one away"],
    ],
  },
  {
    title: "Turn",
    rows: [
      ["i", "invert"],
      ["h v", "flip left–right, top–bottom"],
      ["Shift R, Shift L", "rotate right, left"],
    ],
  },
  {
    title: "Page",
    rows: [
      ["d", "one or two panes"],
      ["f", "reference lines"],
      ["k", "link, unlink the panes' scrolling"],
      ["t", "series tray"],
      ["o", "corner texts: full, minimal, off"],
      ["q", "how far this picture can be trusted"],
      ["?", "this sheet"],
    ],
  },
  {
    title: "Looking together",
    rows: [
      ["Shift S", "share this study; who is there"],
      ["Esc", "back to the presenter"],
    ],
  },
];
