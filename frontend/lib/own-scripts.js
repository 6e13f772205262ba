// Import this before anything that starts a worker. The pages' policy (trusted types) lets nothing run that did not pass
// here: only scripts of the build, and always from this origin, because a worker must not come from another one, such as
// the CDN from which the pages take their files.

/** @type {any} */
const types = /** @type {any} */ (globalThis).trustedTypes;

if (types) {
  types.createPolicy('default', {createScriptURL: ownAddress});
} else {
  // A browser without trusted types asks nobody.
  globalThis.Worker = class extends Worker {
    /**
     * @param {string | URL} address
     * @param {WorkerOptions} [options]
     */
    constructor(address, options) {
      super(ownAddress(address), options);
    }
  };
}

/** @param {string | URL} address */
function ownAddress(address) {
  const {pathname} = new URL(address, location.href);
  if (!/^\/assets\/[\w.-]+\.js$/.test(pathname)) throw new TypeError(`${pathname} is no script of ours`);
  return new URL(pathname, location.origin).href;
}
