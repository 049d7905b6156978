/// <reference types="vitest/config" />
import { defineConfig } from "vite";

/** Plain hashed files with a manifest, which is what the strict CSP and the `vite` template tag want. */
export default defineConfig({
  root: "static/src",
  base: "/static/",
  publicDir: "../public",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rolldownOptions: {
      input: {
        list: "static/src/entries/list.ts",
        study: "static/src/entries/study.ts",
        sign_in: "static/src/entries/sign_in.ts",
      },
    },
  },
  worker: { format: "es" },
  test: { include: ["**/*.test.ts"], environment: "node" },
});
