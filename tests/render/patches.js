// A look for tests: flat, known colours in reading order, in one row or several, and nothing that moves with the sound.

/** @type {import('../../frontend/looks/core/contract.js').CreateLook} */
export function create({renderer, target, width, height, params}) {
  const gl = renderer.getContext();
  return {
    draw(_, air) {
      Object.assign(air, {glow: 0, vignette: 0, grain: 0, aberration: 0, exposure: 1, hazeStrength: 0});
      renderer.setRenderTarget(target);
      gl.enable(gl.SCISSOR_TEST);
      const columns = params.colors.length / params.rows;
      params.colors.forEach((color, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        const edges = [column, column + 1].map((edge) => Math.round(edge * width / columns));
        // GL counts from below.
        const sides = [row + 1, row].map((side) => height - Math.round(side * height / params.rows));
        const [r, g, b] = [1, 3, 5].map((at) => params.alpha * parseInt(color.slice(at, at + 2), 16) / 255);
        gl.scissor(edges[0], sides[0], edges[1] - edges[0], sides[1] - sides[0]);
        gl.clearColor(r, g, b, params.alpha);
        gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      });
      gl.disable(gl.SCISSOR_TEST);
      renderer.resetState();
    },
    dispose() {},
  };
}
