// Entries are kept on the tablet before they are sent, and go only when the server has them.
//
// A form with data-record is stored in IndexedDB with an id of its own and the time of the tap,
// then sent in order. The same id sent twice is one event for the server. What the server refuses
// stays here until a person has looked at it. Forms with passwords are never kept (data-online-only).
"use strict";
(() => {
  const box = document.getElementById("outbox");
  if (!box) return;
  const me = box.dataset.user;
  const part = (name) => box.querySelector(`[data-outbox=${name}]`);
  const MOST_FAILED = 5;
  const WAIT_MS = [1000, 2000, 4000, 8000, 15000];
  const now = () => (window.reprieveLive ? window.reprieveLive.now() : Date.now());
  let state = "ok"; // ok, offline, locked, signin
  let tries = 0;
  let timer = 0;

  // --- the store
  const db = new Promise((done, failed) => {
    const open = indexedDB.open("reprieve", 1);
    open.onupgradeneeded = () => {
      open.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
    };
    open.onsuccess = () => done(open.result);
    open.onerror = () => failed(open.error);
  });
  db.catch(() => {});

  async function store(mode, act) {
    const base = await db;
    return new Promise((done, failed) => {
      const tx = base.transaction("outbox", mode, { durability: "strict" });
      const asked = act(tx.objectStore("outbox"));
      tx.oncomplete = () => done(asked.result);
      tx.onerror = tx.onabort = () => failed(tx.error);
    });
  }
  const keep = (item) => store("readwrite", (s) => s.put(item));
  const drop = (n) => store("readwrite", (s) => s.delete(n));
  const all = () => store("readonly", (s) => s.getAll());

  // --- from a form to an item
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16)); // plain http: no randomUUID
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function item(form, button) {
    const data = new FormData(form, button);
    const earlier = Number(data.get("earlier") || 0);
    const fields = [];
    for (const [name, value] of data) {
      if (["csrfmiddlewaretoken", "earlier", "next"].includes(name) || value === "") continue;
      const typed = form.querySelector(`[name="${CSS.escape(name)}"]`);
      const local = typed && typed.type === "datetime-local" && form.dataset.offset;
      fields.push([name, local ? value + form.dataset.offset : value]);
    }
    const id = uuid();
    fields.push(["id", id], ["at", new Date(now() - earlier * 60000).toISOString()]);
    fields.push(["client_at", new Date().toISOString()], ["entered_by", me]);
    return {
      id, fields, url: form.dataset.record, said: form.dataset.said || "Entry",
      user: me, userName: box.dataset.userName, kept: Date.now(), refused: "",
    };
  }

  const brief = (it) => it.fields
    .filter(([k]) => !["id", "at", "client_at", "entered_by", "key", "symptom"].includes(k))
    .map(([k, v]) => `${k.replace(/_/g, " ")} ${v}`).join(", ");
  const clock = (it) => new Date(it.kept).toTimeString().slice(0, 5);

  // --- sending
  async function send(it) {
    const body = new URLSearchParams(it.fields);
    let answer;
    try {
      answer = await fetch(it.url, {
        method: "POST", body, redirect: "follow", signal: AbortSignal.timeout(15000),
        headers: { Accept: "application/json", "X-CSRFToken": token() },
      });
    } catch {
      return "offline";
    }
    const said = await answer.json().catch(() => null);
    if (answer.ok && said && said.id === it.id) return said;
    if (answer.status === 423) return "locked";
    if (said && said.fields && said.fields.entered_by) return "signin"; // somebody else has signed in
    if (answer.redirected || (answer.status === 403 && !said)) return "signin";
    if (said && said.error && answer.status < 500) return { error: said.error, fields: said.fields || {} };
    if (answer.status === 404) return { error: "The server knows no such session or entry.", fields: {} };
    // the server broke on this one entry: others must not wait behind it for ever
    if (answer.status === 500) return "broken";
    return "offline";
  }
  const token = () => {
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : box.dataset.csrf;
  };

  async function flush() {
    clearTimeout(timer);
    const run = async () => {
      for (const it of await all()) {
        if (it.refused || it.user !== me) continue;
        let result = await send(it);
        if (result === "broken") {
          it.failed = (it.failed || 0) + 1;
          await keep(it);
          result = it.failed < MOST_FAILED ? "offline" : {
            error: "The server could not take this entry. Send it again, or tell whoever runs the server.",
            fields: {},
          };
        }
        if (typeof result === "string") {
          state = result;
          timer = setTimeout(flush, WAIT_MS[Math.min(tries++, WAIT_MS.length - 1)]);
          break;
        }
        state = "ok";
        tries = 0;
        if (result.error) await refused(it, result);
        else { await drop(it.n); acknowledged(it, result); }
      }
    };
    // one page sends at a time, so that the order of entries is the order of taps
    if (navigator.locks) await navigator.locks.request("reprieve-outbox", run);
    else await run();
    await show();
  }

  const waiting = new Map(); // forms of this page whose entry is on its way

  async function refused(it, result) {
    it.refused = result.error;
    await keep(it);
    const form = waiting.get(it.id);
    waiting.delete(it.id);
    if (!form || !form.isConnected) return;
    delete form.dataset.kept;
    // the person still looks at the form: put the values and the reason back there
    for (const [name, value] of it.fields) {
      const field = form.querySelector(`[name="${CSS.escape(name)}"]`);
      if (field && "value" in field && !["hidden", "checkbox", "radio", "datetime-local"].includes(field.type) && !field.value) field.value = value;
    }
    for (const name of Object.keys(result.fields)) {
      form.querySelector(`[name="${CSS.escape(name)}"]`)?.setAttribute("aria-invalid", "true");
    }
    const line = form.querySelector("[data-errors]");
    if (line) {
      document.querySelector(".toast")?.remove();
      line.textContent = `Not recorded. ${result.error}`;
      line.hidden = false;
      for (let up = form.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
      await drop(it.n); // shown where it was typed, with its values: nothing is lost
    }
  }

  function acknowledged(it, result) {
    const form = waiting.get(it.id);
    waiting.delete(it.id);
    toast(`${it.said} recorded ${new Date(result.at).toTimeString().slice(0, 5)}`, "ok");
    document.dispatchEvent(new CustomEvent("reprieve:recorded", { detail: { item: it, result } }));
    if (form && form.dataset.back) location.assign(form.dataset.back);
    else window.reprieveLive?.poll();
  }

  // --- what people see
  async function show() {
    const items = await all().catch(() => []);
    const mine = items.filter((i) => !i.refused && i.user === me);
    const others = items.filter((i) => !i.refused && i.user !== me);
    const bad = items.filter((i) => i.refused);
    const quick = state === "ok" && mine.every((i) => Date.now() - i.kept < 2000) && !others.length;
    box.hidden = !bad.length && (quick || !items.length) && state === "ok";
    box.classList.toggle("offline", state !== "ok");
    const names = { ok: "Sending", offline: "Offline", locked: "Screen locked", signin: "Signed out" };
    part("state").textContent = bad.length ? "Refused by the server" : names[state];
    const lines = [];
    if (mine.length) lines.push(`${mine.length} ${mine.length === 1 ? "entry is" : "entries are"} kept on this tablet and will be sent.`);
    if (state === "offline" && !mine.length) lines.push("Go on charting: entries are kept on this tablet.");
    if (others.length) lines.push(`${others.length} by ${[...new Set(others.map((i) => i.userName))].join(", ")} wait until that person signs in.`);
    if (bad.length) lines.push(`${bad.length} must be looked at.`);
    part("count").textContent = lines.join(" ");
    part("list").replaceChildren(...[...bad, ...mine, ...others].map(row), ...remedy());
  }

  function row(it) {
    const li = document.createElement("li");
    li.textContent = `${clock(it)} ${it.said} ${brief(it)}`;
    if (!it.refused) return li;
    li.className = "bad";
    const why = document.createElement("strong");
    why.textContent = `: ${it.refused} `;
    const done = document.createElement("button");
    done.type = "button";
    done.textContent = "I have dealt with it";
    done.addEventListener("click", async () => {
      if (done.dataset.sure) { await drop(it.n); await show(); return; }
      done.dataset.sure = "1";
      done.textContent = "Take it off this tablet for good";
    });
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Send again";
    again.addEventListener("click", async () => {
      it.refused = "";
      it.failed = 0;
      await keep(it);
      await flush();
    });
    li.append(why, again, done);
    return li;
  }

  function remedy() {
    if (state !== "locked" && state !== "signin") return [];
    const li = document.createElement("li");
    const a = document.createElement("a");
    a.href = `${state === "locked" ? box.dataset.unlock : box.dataset.login}?next=${encodeURIComponent(location.pathname)}`;
    a.textContent = state === "locked" ? "Unlock to send" : "Sign in to send";
    li.append(a);
    return [li];
  }

  function toast(text, tone) {
    document.querySelector(".toast")?.remove();
    const p = document.createElement("p");
    p.className = `toast ${tone}`;
    p.setAttribute("role", "status");
    p.textContent = text;
    document.body.append(p);
    setTimeout(() => p.remove(), 3000);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.record || form.dataset.sendPlainly || event.defaultPrevented) return;
    event.preventDefault();
    const button = event.submitter;
    const tapped = `${button?.name} ${button?.value}`;
    if (form.dataset.kept === tapped || form.dataset.kept === "waits") return; // a double tap is one tap
    form.dataset.kept = form.dataset.back ? "waits" : tapped;
    if (!form.dataset.back) setTimeout(() => { delete form.dataset.kept; }, 800);
    const made = item(form, button);
    const line = form.querySelector("[data-errors]");
    if (line) line.hidden = true;
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    try {
      await keep(made);
    } catch { // no store on this tablet: send it as any form is sent
      delete form.dataset.kept;
      form.dataset.sendPlainly = "1";
      form.requestSubmit(button);
      return;
    }
    waiting.set(made.id, form);
    if (!form.dataset.back) {
      form.reset();
      form.closest("details[name=sheet]")?.removeAttribute("open");
      form.closest("details.menu")?.removeAttribute("open");
    }
    toast(`${made.said} kept, sending`, "info");
    document.dispatchEvent(new CustomEvent("reprieve:kept", { detail: { form } }));
    flush();
  });

  // acts that need the server now say so instead of failing half-way
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-online-only") && !navigator.onLine) {
      event.preventDefault();
      toast("This needs the server and cannot be kept on the tablet. Try again when the network is back.", "bad");
    }
  }, true);

  addEventListener("online", flush);
  addEventListener("offline", () => { state = "offline"; show(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  document.addEventListener("htmx:sendError", () => { if (state === "ok") { state = "offline"; show(); } });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && state === "offline") { state = "ok"; tries = 0; flush(); }
  });
  part("now").addEventListener("click", () => { tries = 0; flush(); });
  if (!navigator.onLine) state = "offline";
  flush().catch(() => { box.hidden = true; });
})();
