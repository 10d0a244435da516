// Sets the theme before anything is painted: ?theme=light|dark, else what was
// chosen last, else what the system prefers. A classic script, because modules
// run after the first paint.
"use strict";
(function () {
  const asked = new URLSearchParams(location.search).get("theme");
  let stored = null;
  try {
    stored = localStorage.getItem("theme");
  } catch {
    // storage is switched off: the system decides
  }
  const known = (t) => t === "light" || t === "dark";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = known(asked) ? asked : known(stored) ? stored : system;
})();
