"use strict";

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
});
