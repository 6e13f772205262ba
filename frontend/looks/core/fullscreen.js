// One triangle over the whole target: what every pass after the scene is drawn with.
import {BufferAttribute, BufferGeometry, Camera, GLSL3, Mesh, NoBlending, RawShaderMaterial, Sphere} from 'three';

const VERTEX = `in vec2 position; out vec2 uv;
void main() { uv = position * .5 + .5; gl_Position = vec4(position, 0., 1.); }`;

const camera = new Camera();

/** A full-target pass with its own fragment shader (GLSL ES 3.0, `in vec2 uv`, `out vec4 o`). */
export class FullscreenPass {
  /**
   * @param {string} fragment
   * @param {Record<string, import('three').IUniform>} uniforms
   * @param {Record<string, any>} [defines]
   */
  constructor(fragment, uniforms, defines = {}) {
    this.geometry = new BufferGeometry();
    this.geometry.setAttribute('position', new BufferAttribute(new Float32Array([-1, -1, 3, -1, -1, 3]), 2));
    // Two components an attribute: three cannot compute the sphere itself.
    this.geometry.boundingSphere = new Sphere();
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: `precision highp float;\n${VERTEX}`,
      fragmentShader: `precision highp float;\nprecision highp int;\nprecision highp sampler2D;\nin vec2 uv; layout(location = 0) out vec4 o;\n${fragment}`,
      uniforms,
      defines,
      depthTest: false,
      depthWrite: false,
      blending: NoBlending,
    });
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
  }

  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {import('three').WebGLRenderTarget | null} target null = the canvas
   */
  draw(renderer, target) {
    renderer.setRenderTarget(target);
    renderer.render(this.mesh, camera);
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
