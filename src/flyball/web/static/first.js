"use strict";
// Runs before the page is drawn, so that a chosen theme does not flash.
window.flyballReady = new Promise((resolve) => { window.flyballDrawn = resolve; });
try {
  const chosen = localStorage.getItem("flyball-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage is switched off: the system's theme holds */ }
