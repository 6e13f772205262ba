// Shows our OpenAPI document with Swagger UI, which the script before this one has defined.

/** @type {{SwaggerUIBundle: (options: object) => object}} */
const {SwaggerUIBundle} = /** @type {any} */ (globalThis);

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
