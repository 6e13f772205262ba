// A look for tests: upright stripes of flat, known colours, and nothing that moves with the sound.

/** @type {import('../../frontend/looks/core/contract.js').CreateLook} */
export function create({renderer, target, width, height, params}) {
  const gl = renderer.getContext();
  return {
    draw(_, air) {
      Object.assign(air, {glow: 0, vignette: 0, grain: 0, aberration: 0, exposure: 1, hazeStrength: 0});
      renderer.setRenderTarget(target);
      gl.enable(gl.SCISSOR_TEST);
      params.colors.forEach((color, i) => {
        const edges = [i, i + 1].map((edge) => Math.round(edge * width / params.colors.length));
        const [r, g, b] = [1, 3, 5].map((at) => params.alpha * parseInt(color.slice(at, at + 2), 16) / 255);
        gl.scissor(edges[0], 0, edges[1] - edges[0], height);
        gl.clearColor(r, g, b, params.alpha);
        gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      });
      gl.disable(gl.SCISSOR_TEST);
      renderer.resetState();
    },
    dispose() {},
  };
}
