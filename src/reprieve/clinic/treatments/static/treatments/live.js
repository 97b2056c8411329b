// Clocks that run by the server's time, and the heartbeat that asks htmx for fresh parts.
"use strict";
(() => {
  const VISIBLE_MS = 2500;
  const HIDDEN_MS = 20000; // a page nobody looks at asks seldom
  const STALE_MS = 10000;
  const SKEW_MS = 5000;
  const page = document.querySelector("[data-now]");
  // the last known difference of the clocks; a page from the tablet's own cache is older than it looks
  const skew = Number(localStorage.getItem("reprieve-skew") || 0);
  const made = page ? Date.parse(page.dataset.now) - skew : Date.now();
  const live = { skew, heard: Math.min(made, Date.now()) };
  live.now = () => Date.now() + live.skew;
  window.reprieveLive = live;
  const two = (n) => String(n).padStart(2, "0");

  function length(ms) {
    const s = Math.floor(Math.abs(ms) / 1000);
    const h = Math.floor(s / 3600);
    const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
    return h ? `${h}:${rest}` : rest;
  }

  function say(el) {
    const at = Date.parse(el.dateTime);
    const now = live.now();
    if (el.dataset.tick === "since") return length(now - at);
    if (el.dataset.tick === "clock") return wall(now, el.dataset.offset);
    const left = at - now;
    el.classList.toggle("over", left < 0);
    return left < 0 ? `${length(left)} late` : `in ${length(left)}`;
  }

  function wall(now, offset) {
    const [, sign, h, m] = /([+-])(\d\d):(\d\d)/.exec(offset || "+00:00");
    const local = new Date(now + (sign === "-" ? -1 : 1) * (h * 60 + Number(m)) * 60000);
    return `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  }

  function tick() {
    for (const el of document.querySelectorAll("time[data-tick]")) {
      const text = say(el);
      if (el.textContent !== text) el.textContent = text;
    }
    const age = Date.now() - live.heard;
    for (const el of document.querySelectorAll("[data-age]")) {
      const stale = age > STALE_MS;
      el.classList.toggle("stale", stale);
      const skewed = Math.abs(live.skew) > SKEW_MS;
      const text = stale
        ? `No word from the server for ${length(age)}`
        : skewed
          ? `Live. This tablet's clock is ${length(live.skew)} ${live.skew < 0 ? "ahead" : "behind"}; the server's time counts`
          : "Live";
      if (el.textContent !== text) el.textContent = text;
    }
    document.body.classList.toggle("stale", age > STALE_MS);
  }
  setInterval(tick, 500);
  tick();

  let touching = false; // a tap must find the button that it aimed at
  addEventListener("pointerdown", () => { touching = true; });
  addEventListener("pointerup", () => setTimeout(() => { touching = false; }, 300));
  addEventListener("pointercancel", () => { touching = false; });
  // an open menu keeps its part still for a while, never for long: news must come through
  const STILL_MS = 20000;
  const TYPING_MS = 60000;
  let still = 0;
  function busy() {
    const menu = document.querySelector(".prompt details[open]");
    if (!menu) still = 0;
    else if (!still) still = Date.now();
    const most = menu?.contains(document.activeElement) && document.activeElement.matches("input") ? TYPING_MS : STILL_MS;
    return touching || (menu !== null && Date.now() - still < most);
  }

  // the page stays at hand while the network is away; signing out takes it off the tablet
  navigator.serviceWorker?.register("/cockpit-worker.js").catch(() => {});
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action")?.includes("/logout")) window.caches?.delete("reprieve-pages");
  });

  let last = 0;
  live.poll = () => {
    last = Date.now();
    document.body.dispatchEvent(new Event("reprieve:poll"));
  };
  setInterval(() => {
    const every = document.visibilityState === "visible" ? VISIBLE_MS : HIDDEN_MS;
    if (Date.now() - last >= every) live.poll();
  }, 250);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) live.poll(); });

  let asked = 0;
  document.addEventListener("htmx:beforeRequest", () => { asked = Date.now(); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const answer = event.detail.xhr;
    const said = answer && answer.getResponseHeader("X-Now");
    if (!event.detail.successful || !said) return;
    live.heard = Date.now();
    const skew = Date.parse(said) - (asked + live.heard) / 2;
    if (live.heard - asked > 1500) return; // a slow answer tells little about the clock
    live.skew = Math.abs(skew) < 400 ? 0 : skew;
    localStorage.setItem("reprieve-skew", String(live.skew));
  });
  document.addEventListener("htmx:beforeSwap", (event) => { if (busy()) event.detail.shouldSwap = false; });
  // what a person unfolded stays unfolded when its part is drawn anew
  let unfolded = [];
  document.addEventListener("htmx:beforeSwap", () => {
    unfolded = [...document.querySelectorAll("details[id][open]")].map((d) => d.id);
  });
  const settled = () => {
    for (const id of unfolded) {
      const found = document.getElementById(id);
      if (found && !found.open) found.open = true;
    }
    const poll = document.getElementById("ck-poll");
    if (poll) document.body.classList.toggle("locked", poll.dataset.locked === "yes");
    tick();
  };
  document.addEventListener("htmx:afterSwap", settled);
  document.addEventListener("htmx:oobAfterSwap", settled);
})();
