// Fails the build when the study page's first load (its entry and static imports, without OpenSeadragon) passes its budget (gzip).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 64_000; // 10 Mbit/s bring it in 50 ms
const dist = new URL("../static/dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

function firstLoad(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const next of manifest[entry].imports ?? []) firstLoad(next, seen);
  return seen;
}

for (const entry of ["entries/list.ts", "entries/study.ts"]) {
  const files = new Set();
  for (const key of firstLoad(entry)) for (const file of [manifest[key].file, ...(manifest[key].css ?? [])]) files.add(file);
  const size = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0);
  console.log(`${entry}: ${(size / 1000).toFixed(1)} kB gzip of ${BUDGET_BYTES / 1000}`);
  if (size > BUDGET_BYTES) {
    console.error(`${entry} is over its budget`);
    process.exitCode = 1;
  }
}
