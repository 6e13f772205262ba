// The looks that ship: every folder beside this one that has a look.js, loaded when it is asked for.

/** @type {Record<string, () => Promise<{create: import('./contract.js').CreateLook}>>} */
const modules = /** @type {any} */ (import.meta.glob('../*/look.js'));

/**
 * @param {string} name
 * @returns {Promise<import('./contract.js').CreateLook>}
 */
export async function lookNamed(name) {
  const load = modules[`../${name}/look.js`];
  if (!load) throw new Error(`no look is called ${name}`);
  return (await load()).create;
}
