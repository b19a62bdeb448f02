// Bundles every entry in src/pages and every sheet in src/styles into ../static/dist, served by ourselves.
import { readdirSync } from "node:fs";
import { build } from "esbuild";

const files = (folder, ending) => readdirSync(folder).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);

await build({
  entryPoints: [...files("src/pages", ".js"), ...files("src/styles", ".css")],
  outdir: "../static/dist",
  entryNames: "[name]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  legalComments: "none",
  logLevel: "warning",
});
