// The bundled font: Inter (OFL), Latin, Greek, Cyrillic and Vietnamese, loaded by what a text needs.
import ranges from '@fontsource-variable/inter/unicode.json';

export const FAMILY = 'Inter Variable';

/** @type {Record<string, string>} */
const files = import.meta.glob('../../../node_modules/@fontsource-variable/inter/files/inter-*-wght-normal.woff2', {
  query: '?url', import: 'default', eager: true,
});

/** @returns {FontFaceSet} of the page, or of the worker */
function fontSet() {
  return /** @type {any} */ (globalThis).fonts ?? document.fonts;
}

function declareFaces() {
  const fonts = fontSet();
  if ([...fonts].some((face) => face.family.includes(FAMILY))) return;
  for (const [subset, range] of Object.entries(ranges)) {
    const url = Object.entries(files).find(([path]) => path.endsWith(`/inter-${subset}-wght-normal.woff2`))?.[1];
    if (url) fonts.add(new FontFace(FAMILY, `url(${url}) format('woff2')`, {weight: '100 900', unicodeRange: range}));
  }
}

/**
 * Resolves when every subset that the text needs can be drawn with.
 * @param {string} text
 */
export async function loadFonts(text) {
  declareFaces();
  await fontSet().load(`600 40px "${FAMILY}"`, `${text} Oriel`);
}
