import { reactive, watchEffect } from "vue";
import type { components } from "./api";
import { answered, api } from "./client";
import { language, type Language } from "./words";

type Schemas = components["schemas"];
/** The names of the API's enumerations: states, reasons, kinds. */
export type Enumeration = { [Name in keyof Schemas]: Schemas[Name] extends string ? Name : never }[keyof Schemas];

const kept = reactive<Partial<Record<Language, Record<string, Record<string, string>>>>>({});

watchEffect(() => void fetchTerms(language.value));

async function fetchTerms(lang: Language): Promise<void> {
  if (kept[lang]) return;
  const { words } = await answered(api.GET("/api/v1/words", { params: { query: { lang } } }));
  kept[lang] = words;
}

/** Give the API's own word for a state, a reason or a kind; the bare value until the words have come. */
export function term<Name extends Enumeration>(name: Name, value: Schemas[Name] & string): string {
  return kept[language.value]?.[name]?.[value] ?? value;
}

/** Give the word for a value of an enumeration that only a companion module's declaration names; the bare value else. */
export function wordOf(enumeration: string | undefined, value: string): string {
  return kept[language.value]?.[enumeration ?? ""]?.[value] ?? value;
}
