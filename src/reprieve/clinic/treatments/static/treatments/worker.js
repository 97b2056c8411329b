// Keeps the board and the cockpit at hand while the network is away. The server is always asked
// first; what it answered last is shown only where it cannot be reached, and the page itself says
// how old it is. Entries are not this script's business: outbox.js keeps and sends them.
"use strict";
const PAGES = "reprieve-pages";
const FILES = "reprieve-files";
const KEPT_MS = 12 * 3600 * 1000;
const page = (path) => path === "/board/" || /^\/sessions\/[0-9a-f-]{36}\/$/.test(path);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && page(url.pathname)) event.respondWith(fresh(request, PAGES));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fresh(request, FILES));
});

async function fresh(request, name) {
  const cache = await caches.open(name);
  try {
    const answer = await fetch(request);
    if (answer.type === "opaqueredirect" || answer.redirected || answer.status === 403) await caches.delete(PAGES); // signed out, locked
    else if (answer.ok) await keep(cache, request, answer.clone());
    return answer;
  } catch (away) {
    const kept = await cache.match(request, { ignoreSearch: name === FILES });
    const age = kept ? Date.now() - Number(kept.headers.get("X-Kept")) : Infinity;
    if (!kept || (name === PAGES && age > KEPT_MS)) throw away;
    return kept;
  }
}

async function keep(cache, request, answer) {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept", String(Date.now()));
  await cache.put(request, new Response(await answer.blob(), { status: answer.status, headers }));
}
