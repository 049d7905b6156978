/** The viewer's page. */
import "../styles/page.css";
import { StudyPage } from "../panels/study_page";

/** Read-only, for browser tests: what each pane shows (ViewportProbe in viewport/summary.ts), the line and its round trip. */
const probe = Object.freeze({
  get panes() {
    return page()?.probes ?? [];
  },
  get connection() {
    return page()?.client.connection ?? "connecting";
  },
  get roundTripMs() {
    return page()?.client.roundTripMs ?? null;
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
