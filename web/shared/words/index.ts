import { ref, watch } from "vue";
import * as desks from "./desks";
import * as elder from "./elder";
import * as shared from "./shared";

const zh = { ...desks.zh, ...elder.zh, ...shared.zh };
const en: Record<Key, string> = { ...desks.en, ...elder.en, ...shared.en };

export type Key = keyof typeof zh;
export type Language = "zh" | "en";

const WORDS: Record<Language, Record<Key, string>> = { zh, en };
const KEPT = "language";

/** The reader's language: the one they chose, else the first of the browser's that the pages have, else Chinese. */
export const language = ref<Language>(first(localStorage.getItem(KEPT), ...navigator.languages));

watch(
  language,
  (chosen) => {
    document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
    document.title = WORDS[chosen]["product"];
  },
  { immediate: true },
);

function first(...wanted: (string | null)[]): Language {
  const tags = wanted.map((tag) => tag?.slice(0, 2).toLowerCase());
  return tags.find((tag): tag is Language => tag === "zh" || tag === "en") ?? "zh";
}

/** Change the language, here and at the next visit. */
export function choose(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** Give a word in the reader's language, its parameters filled in. A template that uses it follows the language. */
export function t(key: Key, parameters: Record<string, string | number> = {}): string {
  return WORDS[language.value][key].replace(/\{(\w+)\}/g, (gap, name: string) => String(parameters[name] ?? gap));
}
