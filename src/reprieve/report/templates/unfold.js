for (const box of document.querySelectorAll("[data-unfold]")) {
  const range = box.querySelector("input"), control = range.closest("[hidden]");
  const moments = [...box.querySelectorAll(":scope > ol > li")];
  const show = () => {
    moments.forEach((moment, k) => { moment.hidden = k !== range.value - 1; });
    range.setAttribute("aria-valuetext", moments[range.value - 1].querySelector("h3").textContent);
    box.querySelectorAll("button").forEach((b) => {
      b.disabled = range.value === (b.value < 0 ? range.min : range.max);
    });
  };
  range.addEventListener("input", show);
  control.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) { range.value = Number(range.value) + Number(button.value); show(); }
  });
  addEventListener("beforeprint", () => moments.forEach((moment) => { moment.hidden = false; }));
  addEventListener("afterprint", show);
  control.hidden = false;
  show();
}
