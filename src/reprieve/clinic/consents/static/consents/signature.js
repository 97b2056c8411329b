// A pad that keeps strokes as SVG path data on its own 600 by 180 grid, whatever the screen.
"use strict";
(() => {
  const ink = (canvas) => {
    const pen = canvas.getContext("2d");
    pen.lineWidth = 3;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#1b2129";
    return pen;
  };
  const place = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    const within = (share, size) => Math.round(Math.min(Math.max(share, 0), 1) * size);
    return [
      within((event.clientX - box.left) / box.width, canvas.width),
      within((event.clientY - box.top) / box.height, canvas.height),
    ];
  };
  for (const pad of document.querySelectorAll(".pad")) {
    const canvas = pad.querySelector("canvas");
    const kept = document.getElementById(pad.dataset.pad);
    const pen = ink(canvas);
    let strokes = [];
    let drawing = null;
    const store = () => {
      kept.value = strokes
        .filter((stroke) => stroke.length)
        .map((stroke) => stroke.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join(" "))
        .join(" ");
    };
    const draw = () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      for (const stroke of strokes) {
        pen.beginPath();
        stroke.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
        pen.stroke();
      }
    };
    // what was drawn before a refused try is still in the field
    strokes = kept.value.split("M").slice(1).map((stroke) =>
      stroke.trim().split(" L").map((point) => point.split(" ").map(Number)));
    draw();
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      drawing = [place(canvas, event)];
      strokes.push(drawing);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      const at = place(canvas, event);
      const last = drawing[drawing.length - 1];
      if (at[0] === last[0] && at[1] === last[1]) return;
      drawing.push(at);
      draw();
    });
    const lift = () => {
      drawing = null;
      store();
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    pad.querySelector(".clear").addEventListener("click", () => {
      strokes = [];
      draw();
      store();
    });
    pad.hidden = false;
  }
})();
