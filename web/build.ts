import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import type { Plugin, UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Describe one build: the page of a folder, served below `/word/`, left in api/static/new for `run.py web` to take. */
export function page(folder: string, word: string, ...plugins: Plugin[]): UserConfig {
  return {
    root: here(folder),
    base: `/${word}/`,
    // Vue's developer tools and its old way of writing components are in no page
    define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
    build: { outDir: here(`../api/static/new/${folder}`), emptyOutDir: true, target: "es2022", reportCompressedSize: false },
    plugins: [vue(), ...plugins],
    logLevel: "warn",
  };
}
