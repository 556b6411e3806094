// Builds what the console's pages load: node console/build.mjs [folder]. Equal sources give equal bytes.
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const into = process.argv[2] ?? join(here, "../src/standfast/web/console/static");
const htmx = dirname(createRequire(import.meta.url).resolve("htmx.org/package.json"));

await mkdir(into, { recursive: true });
await build({
  entryPoints: { console: join(here, "src/main.ts") },
  outdir: into,
  bundle: true,
  minify: true,
  format: "iife",
  charset: "utf8",
  legalComments: "none",
  target: "es2022",
  absWorkingDir: here,
});
await build({
  entryPoints: { console: join(here, "styles/main.css"), preview: join(here, "styles/preview.css") },
  outdir: into,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  target: "esnext",
  absWorkingDir: here,
});
await copyFile(join(htmx, "dist/htmx.min.js"), join(into, "htmx.js"));
await copyFile(join(htmx, "LICENSE"), join(into, "htmx.LICENSE.txt"));
