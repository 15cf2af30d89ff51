import { ref } from "vue";

/** Whether the machine has no network at all. */
export const offline = ref(!navigator.onLine);

addEventListener("online", () => (offline.value = false));
addEventListener("offline", () => (offline.value = true));
