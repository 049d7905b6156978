/** Icons on the 24 grid: lucide's (ISC licence) and a few of our own for what only imaging has. */

import { html, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import activity from "lucide-static/icons/activity.svg?raw";
import arrowLeft from "lucide-static/icons/arrow-left.svg?raw";
import invert from "lucide-static/icons/blend.svg?raw";
import captions from "lucide-static/icons/captions.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import chevronDown from "lucide-static/icons/chevron-down.svg?raw";
import help from "lucide-static/icons/circle-question-mark.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import columns from "lucide-static/icons/columns-2.svg?raw";
import compass from "lucide-static/icons/compass.svg?raw";
import contrast from "lucide-static/icons/contrast.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import crosshair from "lucide-static/icons/crosshair.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import ellipse from "lucide-static/icons/ellipse.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import fileText from "lucide-static/icons/file-text.svg?raw";
import flipVertical from "lucide-static/icons/flip-horizontal-2.svg?raw";
// Lucide names the axis; we name what changes sides.
import flipHorizontal from "lucide-static/icons/flip-vertical-2.svg?raw";
import layers from "lucide-static/icons/layers.svg?raw";
import link from "lucide-static/icons/link-2.svg?raw";
import unlink from "lucide-static/icons/link-2-off.svg?raw";
import loader from "lucide-static/icons/loader.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import maximize from "lucide-static/icons/maximize.svg?raw";
import microscope from "lucide-static/icons/microscope.svg?raw";
import move from "lucide-static/icons/move.svg?raw";
import panelLeft from "lucide-static/icons/panel-left.svg?raw";
import pause from "lucide-static/icons/pause.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import presentation from "lucide-static/icons/presentation.svg?raw";
import rectangle from "lucide-static/icons/rectangle-horizontal.svg?raw";
import repeat from "lucide-static/icons/repeat.svg?raw";
import rotateLeft from "lucide-static/icons/rotate-ccw.svg?raw";
import rotateRight from "lucide-static/icons/rotate-cw.svg?raw";
import ruler from "lucide-static/icons/ruler.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import square from "lucide-static/icons/square.svg?raw";
import stepBack from "lucide-static/icons/step-back.svg?raw";
import stepForward from "lucide-static/icons/step-forward.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import warning from "lucide-static/icons/triangle-alert.svg?raw";
import reset from "lucide-static/icons/undo-2.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import close from "lucide-static/icons/x.svg?raw";
import zoom from "lucide-static/icons/zoom-in.svg?raw";

const OWN = {
  /** A stack of slices with an arrow through it. */
  scroll:
    '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><rect x="3" y="4" width="11" height="4" rx="1"/><rect x="3" y="10" width="11" height="4" rx="1"/><rect x="3" y="16" width="11" height="4" rx="1"/><path d="M19 4v16M16.5 6.5 19 4l2.5 2.5M16.5 17.5 19 20l2.5-2.5"/></svg>',
  /** A picture that another cuts through. */
  referenceLines:
    '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><rect x="4" y="3" width="16" height="18" rx="2"/><path d="M1 15h3M8 15h3M14 15h3M20 15h3" transform="rotate(-18 12 14)"/></svg>',
  /** Two film panes on a lit panel. */
  logo: '<svg viewBox="0 0 32 32" width="32" height="32"><rect x="1" y="1" width="30" height="30" rx="8" fill="#2b2f36"/><rect x="6" y="7" width="9" height="18" rx="2" fill="#f0f1f3"/><rect x="17" y="7" width="9" height="18" rx="2" fill="#6cb6ff"/></svg>',
};

const ICONS = {
  activity,
  arrowLeft,
  captions,
  check,
  chevronDown,
  clock,
  close,
  columns,
  compass,
  contrast,
  copy,
  crosshair,
  download,
  ellipsis,
  ellipse,
  fileText,
  flipHorizontal,
  flipVertical,
  help,
  invert,
  layers,
  link,
  loader,
  lock,
  logOut,
  maximize,
  microscope,
  move,
  panelLeft,
  pause,
  play,
  presentation,
  rectangle,
  repeat,
  reset,
  rotateLeft,
  rotateRight,
  search,
  ruler,
  shield,
  square,
  stepBack,
  stepForward,
  trash,
  unlink,
  unplug,
  users,
  warning,
  zoom,
  ...OWN,
} as const;

export type IconName = keyof typeof ICONS;

const CLEAN: Partial<Record<IconName, string>> = {};

/** An icon that says nothing to a screen reader: its button has the words. */
export function icon(name: IconName): TemplateResult {
  // The licence comment of each file would otherwise be repeated in the page.
  CLEAN[name] ??= ICONS[name].replace(/<!--.*?-->/gs, "").trim();
  return html`<span class="icon" aria-hidden="true">${unsafeHTML(CLEAN[name])}</span>`;
}
