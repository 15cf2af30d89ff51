import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { page } from "../build.ts";

/** Leave out Vant's icon font: 29 kB that the pages' policy blocks, and then it asks another host. Icons are our own. */
const noIconFont: Plugin = {
  name: "no-icon-font",
  enforce: "pre",
  load: (id) => (/vant\/(es|lib)\/icon\/index\.css/.test(id) ? "" : undefined),
};

/** Write worker.js with the list of the files that it keeps; its version changes when any of them does. */
const shell: Plugin = {
  name: "shell",
  generateBundle(_options, bundle) {
    const files = ["/field/", "/field/manifest.webmanifest", ...Object.keys(bundle).map((name) => `/field/${name}`)];
    const page = Object.values(bundle).map((file) => (file.type === "chunk" ? file.code : file.source));
    const version = createHash("sha256").update(JSON.stringify([files, page.map(String)])).digest("hex").slice(0, 12);
    const source = readFileSync(new URL("worker.js", import.meta.url), "utf8")
      .replace("__FILES__", JSON.stringify(files.filter((file) => !file.endsWith("index.html"))))
      .replace("__VERSION__", JSON.stringify(version));
    this.emitFile({ type: "asset", fileName: "worker.js", source });
  },
};

export default page("field", "field", noIconFont, shell);
