// Locks an idle screen together with the server: touches are told, silence is asked about.
"use strict";
(() => {
  const afterMs = Number(document.body.dataset.lockAfter) * 60000;
  if (!afterMs || document.body.classList.contains("locked")) return;
  const TELL_MS = 20000;
  const address = "/lock/awake/";
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || "";
  let told = Date.now();
  let timer = 0;

  const wait = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  };
  const tell = () => {
    told = Date.now();
    fetch(address, { method: "POST", headers: { "X-CSRFToken": token(), Accept: "application/json" } })
      .then((answer) => answer.json())
      .then(follow)
      .catch(() => {});
  };
  const follow = (answer) => {
    if (answer.locked || !("left_s" in answer)) {
      document.body.classList.add("locked");
      location.reload();
    } else {
      wait(answer.left_s * 1000 + 1000);
    }
  };
  // another tab may be in use: the server knows; without an answer the screen is closed all the same
  const ask = () => {
    fetch(address, { headers: { "X-Reprieve-Poll": "1", Accept: "application/json" } })
      .then((answer) => answer.json())
      .then(follow)
      .catch(() => document.body.classList.add("locked"));
  };
  for (const touch of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(touch, () => {
      if (Date.now() - told > TELL_MS) tell();
    }, { passive: true, capture: true });
  }
  wait(afterMs + 1000);
})();
