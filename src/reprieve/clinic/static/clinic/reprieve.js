// The few lines every page shares: light or dark, menus that close, tables that keys can scroll.
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
  // what is wider than the screen can be scrolled without a mouse
  const reach = () => {
    for (const wide of document.querySelectorAll(".scroll:not([tabindex])")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    }
  };
  reach();
  addEventListener("resize", reach);
  document.addEventListener("htmx:afterSettle", reach);
})();
