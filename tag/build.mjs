// Builds the tag: node tag/build.mjs [folder]. Equal sources give equal bytes.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const into = process.argv[2] ?? join(here, "../src/standfast/web/static/tag");
const target = "es2019";
// Names of ours that no page, server or browser knows; the same in every file.
const OURS =
  "mount unmount work tell chosen again left become insist once appear vanish resume moveOn seen wire " +
  "agreed renew complain fault read answer";
const mangleProps = new RegExp(`^(${OURS.replace(/ /g, "|")})$`);
const mangleCache = Object.fromEntries(OURS.split(" ").map((name, place) => [name, "abcdefghijklmnoprstuvw"[place]]));

const styles = {
  name: "minified styles as text",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      const contents = code.trim().replace(/(--[\w-]+): /g, "$1:").replace(/, /g, ",");
      return { contents, loader: "text" };
    });
  },
};

async function built(entry, define = {}, format = "iife") {
  const { outputFiles } = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    write: false,
    minify: true,
    format,
    charset: "utf8",
    legalComments: "none",
    tsconfigRaw: {},
    target,
    supported: { "dynamic-import": true },
    mangleProps,
    mangleCache,
    define,
    plugins: [styles],
    absWorkingDir: here,
  });
  return outputFiles[0].contents;
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

const extras = await built("extras.ts", {}, "esm");
const names = { loader: "v1.js", extras: `extras-${hash(extras)}.js` };
const main = await built("main.ts", { EXTRAS: JSON.stringify(names.extras) });
const preview = await built("preview.ts");
names.main = `${hash(main)}.js`;
names.preview = `preview-${hash(preview)}.js`;
const loader = await built("loader.ts", { MAIN: JSON.stringify(names.main) });

await mkdir(into, { recursive: true });
for (const old of await readdir(into)) await rm(join(into, old));
await writeFile(join(into, names.loader), loader);
await writeFile(join(into, names.main), main);
await writeFile(join(into, names.extras), extras);
await writeFile(join(into, names.preview), preview);
await writeFile(join(into, "manifest.json"), `${JSON.stringify(names, null, 2)}\n`);
