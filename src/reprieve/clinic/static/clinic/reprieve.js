// The few lines every page shares: the choice of light or dark, and what htmx must know.
"use strict";
(() => {
  const root = document.documentElement;
  const choices = ["system", "light", "dark"];
  const chosen = () => localStorage.getItem("reprieve-theme") || "system";
  const show = () => {
    root.classList.remove("rp-light", "rp-dark");
    if (chosen() !== "system") root.classList.add(`rp-${chosen()}`);
  };
  show();
  document.getElementById("theme")?.addEventListener("click", () => {
    const next = choices[(choices.indexOf(chosen()) + 1) % choices.length];
    localStorage.setItem("reprieve-theme", next);
    show();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
})();
