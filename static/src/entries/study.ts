/** The viewer's page. */
import "../styles/page.css";
import { StudyPage } from "../panels/study_page";

/** Outside a shared view. */
const ALONE = { number: 0, hash: "", presenter: "", role: "none", condition: "", patient: "", log: [] };

/** Read-only, for browser tests: what each pane shows (ViewportProbe in viewport/summary.ts), the line and what it carries, the shared view. */
const probe = Object.freeze({
  get panes() {
    return page()?.probes ?? [];
  },
  get connection() {
    return page()?.client.connection ?? "connecting";
  },
  get shared() {
    return page()?.sharing.session?.probe ?? ALONE;
  },
  get roundTripMs() {
    return page()?.client.roundTripMs ?? null;
  },
  get line() {
    return page()?.client.line ?? null;
  },
  get fetchedAhead() {
    return page()?.client.fetchedAhead ?? 0;
  },
});

declare global {
  interface Window {
    readonly viewbox: typeof probe;
  }
}

function page(): StudyPage | null {
  const element = document.querySelector("viewbox-study");
  return element instanceof StudyPage ? element : null;
}

Object.defineProperty(window, "viewbox", { value: probe, writable: false });
