// The keypad, the sound and the quiet of the cockpit.
"use strict";
(() => {
  // --- keypad: digits go to the field in hand and on to the next one when a value is full
  const form = document.querySelector("[data-keypad]");
  if (form) {
    const fields = [...form.querySelectorAll(".keys-fields input")];
    const pad = form.querySelector("[data-pad]");
    pad.hidden = false;
    let here = 0;
    const coarse = matchMedia("(pointer: coarse)").matches;
    for (const [k, field] of fields.entries()) {
      if (coarse) field.inputMode = "none"; // our keypad instead of the tablet's
      field.addEventListener("focus", () => { here = k; mark(); });
      field.addEventListener("input", () => { check(field); if (full(field)) go(k + 1); });
    }
    const mark = () => fields.forEach((f, k) => f.closest("label").classList.toggle("here", k === here));
    const go = (k) => { here = Math.min(k, fields.length - 1); fields[here].focus({ preventScroll: true }); mark(); };

    // full: one more digit would pass what the protocol holds possible
    function full(field) {
      const high = Number(field.dataset.high);
      return field.value !== "" && !field.value.includes(".") && high > 0 && Number(field.value) * 10 > high;
    }
    function check(field) {
      const value = Number(field.value);
      const wrong = field.value !== "" && (Number.isNaN(value) || (field.dataset.high && value > Number(field.dataset.high)));
      field.toggleAttribute("aria-invalid", wrong);
      const line = form.querySelector("[data-errors]");
      const bad = fields.find((f) => f.hasAttribute("aria-invalid"));
      line.hidden = !bad;
      if (bad) line.textContent = `${bad.dataset.long} ${bad.value}: expected ${bad.dataset.low || 0} to ${bad.dataset.high} ${bad.dataset.unit}.`;
    }
    pad.addEventListener("click", (event) => {
      const key = event.target.closest("[data-digit]")?.dataset.digit;
      if (!key) return;
      const field = fields[here];
      if (key === "next") { go(here + 1); return; }
      field.value = key === "back" ? field.value.slice(0, -1) : field.value + key;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      if (key === "back" || !full(field)) field.focus({ preventScroll: true });
    });
    // what cannot be is refused before it is kept; the server asks again
    form.addEventListener("submit", (event) => {
      for (const field of form.querySelectorAll("input[data-high]")) {
        if (field.value === "") continue;
        const value = Number(field.value.replace(",", "."));
        const low = Number(field.dataset.low || 0);
        const high = Number(field.dataset.high || Infinity);
        if (!(value >= low && value <= high)) { event.preventDefault(); field.setAttribute("aria-invalid", "true"); field.focus(); check(field); return; }
      }
      const sbp = Number(form.elements.sbp.value);
      const dbp = Number(form.elements.dbp.value);
      if (sbp && dbp && dbp >= sbp) {
        event.preventDefault();
        const line = form.querySelector("[data-errors]");
        line.textContent = `Diastolic ${dbp} is not below systolic ${sbp}. Were they swapped?`;
        line.hidden = false;
      }
    });
    document.addEventListener("reprieve:kept", (event) => {
      if (event.detail.form === form) { form.querySelector(".more").open = false; go(0); }
    });
    mark();
  }

  // a tap beside an open sheet closes it; Escape too
  const sheets = () => document.querySelectorAll("details[name=sheet][open]");
  document.addEventListener("click", (event) => {
    for (const sheet of sheets()) if (!sheet.contains(event.target)) sheet.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const sheet of sheets()) { sheet.open = false; sheet.querySelector("summary").focus(); }
  });

  // --- sound: only after a tap has proven it; urgency only, no melodies
  const soundButton = document.getElementById("sound");
  const quietButton = document.getElementById("quiet");
  let audio = null;
  let quiet = localStorage.getItem("reprieve-quiet") === "yes";
  const tone = (hz, from, long) => {
    const wave = audio.createOscillator();
    const gain = audio.createGain();
    wave.frequency.value = hz;
    gain.gain.setValueAtTime(0, audio.currentTime + from);
    gain.gain.linearRampToValueAtTime(0.25, audio.currentTime + from + 0.02);
    gain.gain.linearRampToValueAtTime(0, audio.currentTime + from + long);
    wave.connect(gain).connect(audio.destination);
    wave.start(audio.currentTime + from);
    wave.stop(audio.currentTime + from + long);
  };
  const beep = (tier) => {
    const count = { critical: 3, caution: 2, info: 1 }[tier] || 0;
    for (let k = 0; k < count; k += 1) tone(tier === "critical" ? 880 : 587, k * 0.25, 0.18);
  };
  soundButton?.addEventListener("click", async () => {
    audio = audio || new AudioContext();
    await audio.resume();
    beep("caution");
    soundButton.textContent = "Sound on";
    soundButton.setAttribute("aria-pressed", "true");
  });
  const showQuiet = () => quietButton?.setAttribute("aria-pressed", String(quiet));
  quietButton?.addEventListener("click", () => {
    quiet = !quiet;
    localStorage.setItem("reprieve-quiet", quiet ? "yes" : "no");
    showQuiet();
  });
  showQuiet();
  let said = "";
  let saidAt = 0;
  setInterval(() => {
    const prompts = document.getElementById("ck-prompts");
    const tier = prompts?.dataset.tier || "";
    document.body.classList.toggle("urgent", tier === "critical");
    if (!tier) { said = ""; return; }
    const again = tier === "critical" && Date.now() - saidAt > 10000;
    const key = `${tier} ${prompts.dataset.key}`;
    if ((key === said && !again) || !audio || (quiet && tier !== "critical")) return;
    said = key;
    saidAt = Date.now();
    beep(tier);
  }, 1000);
})();
