// Shows our OpenAPI document with Swagger UI, which the script before this one has defined.

/** @type {{SwaggerUIBundle: (options: object) => object}} */
const {SwaggerUIBundle} = /** @type {any} */ (globalThis);

// Swagger UI has colours for the dark, and looks for this class alone.
const light = matchMedia('(prefers-color-scheme: light)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', !light.matches);
light.addEventListener('change', followScheme);
followScheme();

SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  // The badge would send the document's address to a server of its makers.
  validatorUrl: null,
});
