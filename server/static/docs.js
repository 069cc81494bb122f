// The API page. Requests that are tried out go to this server, with the browser's session.
const place = document.getElementById("api");
SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  displayOperationId: false,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  syntaxHighlight: false,
  validatorUrl: null,
});
