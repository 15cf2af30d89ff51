import { ref } from "vue";

/** A newer page that waits in this phone; it takes over when the worker says so. */
export const waiting = ref<ServiceWorker | null>(null);

/** Keep the page itself in the phone, so that it opens without a signal, and look for a newer one each hour. */
export async function installShell(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(`${import.meta.env.BASE_URL}worker.js`).catch(() => null);
  if (!registration) return;
  const look = () => (waiting.value = navigator.serviceWorker.controller ? registration.waiting : null);
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  setInterval(() => void registration.update().catch(() => null), 3_600_000);
}

/** Let the newer page take over and load it. */
export function update(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.value?.postMessage("take over");
}
