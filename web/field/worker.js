// The shell of the phone: the page's own files, kept as one version. Data is never kept here: it lives in IndexedDB.
// FILES and VERSION are written by the build (vite.config.ts).
const FILES = __FILES__;
const SHELL = "shell-" + __VERSION__;
const WORDS = "words";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name !== SHELL && name !== WORDS);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

// A newer version takes over when the page says so, never in the middle of a day's work.
self.addEventListener("message", (event) => event.data === "take over" && self.skipWaiting());

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith("/field/")) {
    event.respondWith(kept("/field/", request));
  } else if (url.pathname.startsWith("/field/") && !url.pathname.endsWith("worker.js")) {
    event.respondWith(kept(url.pathname, request));
  } else if (url.pathname === "/api/v1/words") {
    event.respondWith(newest(request));
  }
});

async function kept(path, request) {
  return (await (await caches.open(SHELL)).match(path)) ?? fetch(request);
}

/** The words of the states change with the platform; without a signal the last ones do. */
async function newest(request) {
  const cache = await caches.open(WORDS);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (why) {
    const last = await cache.match(request);
    if (last) return last;
    throw why;
  }
}
