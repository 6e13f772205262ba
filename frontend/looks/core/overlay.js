// Plates over the picture: text and watermark, drawn after the glow so that they stay sharp.
import {
  Camera, CanvasTexture, CustomBlending, GLSL3, LinearFilter, Mesh, OneFactor, OneMinusSrcAlphaFactor, PlaneGeometry,
  RawShaderMaterial, Scene, Sphere, Vector4,
} from 'three';

const VERTEX = `precision highp float;
in vec3 position; in vec2 uv; uniform vec4 box; out vec2 at;
void main() { at = uv; gl_Position = vec4(box.xy + (position.xy + .5) * box.zw, 0., 1.); }`;
const FRAGMENT = `precision highp float;
uniform sampler2D map; uniform float opacity; in vec2 at; out vec4 o;
void main() { o = texture(map, at) * opacity; }`;

/** One plate: a textured quad aligned to whole pixels. */
export class Plate {
  /**
   * @param {import('./text.js').TextPlate} plate
   * @param {number} width of the frame
   * @param {number} height
   */
  constructor({canvas, x, y}, width, height) {
    this.texture = new CanvasTexture(canvas);
    this.texture.premultiplyAlpha = true;
    this.texture.generateMipmaps = false;
    this.texture.minFilter = LinearFilter;
    this.geometry = new PlaneGeometry(1, 1);
    this.geometry.boundingSphere = new Sphere();
    const box = new Vector4(2 * x / width - 1, 1 - 2 * (y + canvas.height) / height, 2 * canvas.width / width, 2 * canvas.height / height);
    this.base = box.y;
    this.pixel = 2 / height;
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader: FRAGMENT,
      uniforms: {map: {value: this.texture}, opacity: {value: 1}, box: {value: box}},
      depthTest: false, depthWrite: false, transparent: true,
      blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor,
    });
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.scene = new Scene();
    this.scene.add(this.mesh);
  }

  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {number} opacity 0..1
   * @param {number} [sink] pixels below its place
   */
  draw(renderer, opacity, sink = 0) {
    if (opacity <= 0) return;
    this.material.uniforms.opacity.value = opacity;
    this.material.uniforms.box.value.y = this.base - sink * this.pixel;
    renderer.render(this.scene, camera);
  }

  dispose() {
    this.texture.dispose();
    this.geometry.dispose();
    this.material.dispose();
  }
}

const camera = new Camera();
