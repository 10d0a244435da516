// uPlot as a module. The vendored file is kept byte for byte as it was released;
// it is a script that sets one global, so it is loaded as one.

const loaded = new Promise((resolve, reject) => {
  if (globalThis.uPlot) return resolve(globalThis.uPlot);
  const s = document.createElement("script");
  s.src = new URL("../vendor/uPlot.iife.min.js", import.meta.url).href;
  s.onload = () => resolve(globalThis.uPlot);
  s.onerror = () => reject(new Error("the plot library could not be loaded"));
  document.head.append(s);
});

/** @returns {Promise<any>} the constructor */
export const uPlot = () => loaded;
