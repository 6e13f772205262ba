"""How fast this machine is at what drawing consists of, for figures that are to be compared with another machine's.

python -m benchmarks.reference

One pass over a full 1080p picture (scene by texelFetch, glow from a quarter of its size, vignette) on the software
renderer, in CPU milliseconds of this process and all it started. The machine that set the speed goals takes 11.7;
machines of the same size take up to twice as long, and the same one half as long again when others are busy.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.processes import cpu_ms
from oriel.rendering.pipeline.browser import dropped_defaults, launch_options
from oriel.rendering.pipeline.tools import find_chromium

GOAL_MACHINE_MS = 11.7
PASSES = 120

_SCRIPT = """
() => {
  const [W, H] = [1920, 1080];
  const gl = new OffscreenCanvas(64, 64).getContext('webgl2', {antialias: false, depth: false, alpha: false});
  const target = (w, h, filter) => {
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, w, h);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, filter);
    const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    return texture;
  };
  const scene = target(W, H, gl.NEAREST), glow = target(W / 4, H / 4, gl.LINEAR);
  target(W, H, gl.NEAREST);
  const program = gl.createProgram();
  const shader = (kind, text) => {
    const made = gl.createShader(kind);
    gl.shaderSource(made, '#version 300 es\\nprecision highp float; precision highp int;\\n' + text);
    gl.compileShader(made);
    gl.attachShader(program, made);
  };
  shader(gl.VERTEX_SHADER, `void main() {
    gl_Position = vec4(vec2(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1.), 0., 1.);
  }`);
  shader(gl.FRAGMENT_SHADER, `uniform sampler2D scene, glow; out vec4 o;
  void main() {
    vec2 p = gl_FragCoord.xy / vec2(1920., 1080.);
    float v = 1. - dot(p - .5, p - .5) * .3;
    o = vec4((texelFetch(scene, ivec2(gl_FragCoord.xy), 0).rgb + texture(glow, p).rgb) * v, 1.);
  }`);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  [scene, glow].forEach((texture, unit) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(gl.getUniformLocation(program, unit ? 'glow' : 'scene'), unit);
  });
  gl.viewport(0, 0, W, H);
  const texel = new Uint8Array(4);
  globalThis.draw = (count) => {
    for (let i = 0; i < count; i++) {
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, texel);
    }
  };
  draw(20);
}
"""


def composite_ms() -> float:
    """CPU milliseconds of one pass, the least of three runs."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        launch = launch_options("llvmpipe", Path(folder), dict(os.environ))
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=launch.args,
            env=dict(launch.env),
            chromium_sandbox=launch.sandbox,
            ignore_default_args=dropped_defaults(),
        )
        page = browser.new_page()
        page.evaluate(_SCRIPT)
        costs = []
        for _ in range(3):
            before = cpu_ms()
            page.evaluate("count => draw(count)", PASSES)
            costs.append((cpu_ms() - before) / PASSES)
        browser.close()
    return min(costs)


@dataclass(frozen=True)
class Speed:
    """What the reference pass costs here and now."""

    composite_core_ms: float
    times_the_goals_machine: float

    @property
    def line(self) -> str:
        """A sentence for people."""
        return (
            f"this machine now: {self.composite_core_ms:.1f} core-ms for the reference pass,"
            f" {self.times_the_goals_machine:.2f} times the {GOAL_MACHINE_MS} of the machine that set the goals"
        )


def measured() -> Speed:
    """Measure how fast the machine is right now."""
    cost = composite_ms()
    return Speed(cost, cost / GOAL_MACHINE_MS)


if __name__ == "__main__":
    print(measured().line)
