// The archive's quality bits in words. Kepler Archive Manual (KDMC-10008-006) table 2-3,
// K2 the same; TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014 F) table 32.

const KEPLER = ["attitude tweak", "safe mode", "coarse point", "Earth point", "zero crossing", "desaturation event", "Argabrightening",
  "cosmic ray in aperture", "manual exclude", "", "sudden sensitivity drop", "impulsive outlier", "Argabrightening on detector",
  "cosmic ray in collateral pixels", "detector anomaly", "no fine point", "no data", "rolling band in aperture", "rolling band in mask",
  "possible thruster firing", "thruster firing"];
const TESS = ["attitude tweak", "safe mode", "coarse point", "Earth point", "Argabrightening", "desaturation event", "cosmic ray in aperture",
  "manual exclude", "discontinuity", "impulsive outlier", "cosmic ray in collateral pixels", "stray light", "stray light (predicted)",
  "planet search exclude", "bad calibration", "insufficient targets for correction"];

/**
 * The words for the bits that are set.
 * @param {number} bits @param {string} mission @returns {string[]}
 */
export function qualityWords(bits, mission) {
  const names = mission === "TESS" ? TESS : KEPLER, out = [];
  for (let k = 0; k < 31; k++) if (bits & (1 << k)) out.push(names[k] || `bit ${2 ** k}`);
  return out;
}
