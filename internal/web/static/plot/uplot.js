// uPlot as a module. The vendored file is kept byte for byte as it was released;
// it is a script that sets one global.
import { script } from "../ui.js";

/** @returns {Promise<any>} the constructor */
export async function uPlot() {
  await script("vendor/uPlot.iife.min.js");
  return globalThis.uPlot;
}
