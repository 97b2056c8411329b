// Locks an idle screen together with the server: touches are told, silence is asked about.
"use strict";
(() => {
  const afterMs = Number(document.body.dataset.lockAfter) * 60000;
  if (!afterMs || document.body.classList.contains("locked")) return;
  const TELL_MS = 20000;
  const AGAIN_MS = 5000;
  const address = "/lock/awake/";
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || "";
  let told = Date.now();
  let due = Date.now() + afterMs;
  let timer = 0;

  const wait = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  };
  const send = (method, headers) =>
    fetch(address, { method, headers: { Accept: "application/json", ...headers } })
      .then((answer) => (answer.redirected || !answer.ok ? { locked: true } : answer.json()))
      .then(follow);
  const follow = (answer) => {
    if (answer.locked) {
      location.reload();
      return;
    }
    document.body.classList.remove("away");
    due = Date.now() + answer.left_s * 1000;
    wait(answer.left_s * 1000 + 1000);
  };
  // another tab may be in use, which the server knows; where it cannot be reached, names are
  // hidden here and it is asked again
  const ask = () => {
    send("GET", { "X-Reprieve-Poll": "1" }).catch(() => {
      if (Date.now() >= due) document.body.classList.add("away");
      wait(AGAIN_MS);
    });
  };
  const touch = () => {
    if (Date.now() - told < TELL_MS || document.body.classList.contains("away")) return;
    told = Date.now();
    due = told + afterMs;
    send("POST", { "X-CSRFToken": token() }).catch(() => wait(afterMs));
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, touch, { passive: true, capture: true });
  }
  wait(afterMs + 1000);
})();
