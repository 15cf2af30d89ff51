import { ref, watch } from "vue";

export type Theme = "light" | "dark";

const KEPT = "theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Light or dark: what the reader chose, else what the system says, also when it changes. */
export const theme = ref<Theme>(kept() ?? systems());

system.addEventListener("change", () => (theme.value = kept() ?? systems()));
watch(theme, (chosen) => (document.documentElement.dataset.theme = chosen), { immediate: true });

/** Change the theme, here and at the next visit. */
export function turn(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem(KEPT, chosen);
}

function kept(): Theme | null {
  const chosen = localStorage.getItem(KEPT);
  return chosen === "light" || chosen === "dark" ? chosen : null;
}

function systems(): Theme {
  return system.matches ? "dark" : "light";
}
