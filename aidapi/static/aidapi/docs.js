"use strict";

const page = document.getElementById("swagger-ui");

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Swagger UI fills every field with its example, which asks all questions at once and finds
// nothing. The examples stand in the descriptions instead.
const leaveFieldsEmpty = (schema) => {
  for (const operations of Object.values(schema.paths)) {
    for (const parameter of operations.get.parameters ?? []) {
      if (parameter.in === "query" && "example" in parameter) {
        parameter.description += `\n\nExample: \`${parameter.name}=${parameter.example}\``;
        delete parameter.example;
      }
    }
  }
  return schema;
};

const show = (schema) =>
  SwaggerUIBundle({
    spec: leaveFieldsEmpty(schema),
    domNode: page,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    supportedSubmitMethods: ["get"],
    tryItOutEnabled: true,
    // No question is sent to a validator elsewhere.
    validatorUrl: null,
  });

fetch(page.dataset.schema)
  .then((response) => response.json())
  .then(show);
