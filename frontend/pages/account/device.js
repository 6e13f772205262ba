// A browser and its system in words.

const BROWSERS = /** @type {const} */ ([[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\/|FxiOS/, 'Firefox'], [/SamsungBrowser/, 'Samsung Internet'], [/CriOS|Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari']]);
const SYSTEMS = /** @type {const} */ ([[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'Mac'], [/CrOS/, 'Chromebook'], [/Linux/, 'Linux']]);

/**
 * "Chrome on Windows"
 * @param {string} userAgent
 */
export function deviceOf(userAgent) {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? (userAgent.split(/[/ ]/)[0]?.slice(0, 40) || 'Unknown program');
}
