import { onBeforeUnmount, onMounted } from "vue";

/** What a key does, by `KeyboardEvent.code`, so that no keyboard layout and no input method changes it. */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * Answer to keys while the component is there. Single keys are left alone where somebody writes, composes Chinese or
 * has a dialog open; a function key, or one with Ctrl (`Ctrl+Enter`), works in a field too.
 */
export function useKeys(keys: Keys): void {
  function press(event: KeyboardEvent): void {
    if (event.isComposing || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const act = keys[event.ctrlKey ? `Ctrl+${event.code}` : event.code];
    const writing = (event.target as Element).matches?.(FIELDS) ?? false;
    if (!act || (writing && !event.ctrlKey && !/^F\d+$|^Escape$/.test(event.code))) return;
    event.preventDefault();
    act(event);
  }
  onMounted(() => addEventListener("keydown", press));
  onBeforeUnmount(() => removeEventListener("keydown", press));
}
