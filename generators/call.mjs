// Every operation of the API, called through a generated client in TypeScript: with no parameters,
// and with the examples of all of them.
//
// node call.mjs GENERATOR CLIENT DOCUMENT
//
// CLIENT is the compiled module. Prints a line of JSON for each operation: its name, and an error
// where the call failed or the client did not return all that was sent.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [generator, path, documentPath] = process.argv.slice(2);
const client = await import(pathToFileURL(path).href);
const document = JSON.parse(await readFile(documentPath, "utf8"));
const base = document.servers[0].url;

// --- What was sent, whoever asked

let sent;
const plainFetch = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const response = await plainFetch(...asked);
  sent = { status: response.status, body: new Uint8Array(await response.clone().arrayBuffer()) };
  return response;
};

// --- How each client is called: what it returns is the content

const capital = (name) => name[0].toUpperCase() + name.slice(1);
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const queried = ({ parameters = [] }) => parameters.some((part) => resolved(part).in === "query");

const CALLS = {
  orval: async (operation, inPath, query) => {
    const ask = client[operation.operationId];
    const answer = await ask(...Object.values(inPath), ...(queried(operation) ? [query] : []));
    return answer.data ?? new Response(answer.stream.body).blob();
  },
  "hey-api": async ({ operationId }, inPath, query) => {
    const answer = await client[operationId]({ baseUrl: base, path: inPath, query });
    assert.equal(answer.error, undefined);
    return answer.data;
  },
  "swagger-typescript-api": async (operation, inPath, query, type) => {
    const ask = new client.Api({ baseUrl: base }).api[operation.operationId];
    const parts = [...Object.values(inPath), ...(queried(operation) ? [query] : [])];
    return (await ask(...parts, isJson(type) ? {} : { format: "blob" })).data;
  },
  "typescript-fetch": async ({ operationId, tags, parameters }, inPath, query) => {
    const api = new client[`${capital(tags[0])}Api`]();
    const values = Object.fromEntries(
      Object.entries({ ...inPath, ...query }).map(([name, value]) => [
        camel(name),
        schemaOf(parameters, name).format === "date" ? new Date(value) : value,
      ]),
    );
    return api[operationId](values);
  },
};

// --- The document

const resolved = (part) =>
  part.$ref ? part.$ref.split("/").slice(1).reduce((at, name) => at[name], document) : part;
const schemaOf = (parameters, name) =>
  resolved(parameters.map(resolved).find((parameter) => parameter.name === name).schema);
const isJson = (type) => /[/+]json$/.test(type);

function examples(operation, place) {
  return Object.fromEntries(
    (operation.parameters ?? [])
      .map(resolved)
      .filter((parameter) => parameter.in === place && parameter.example !== undefined)
      .map(({ name, example }) => [name, example]),
  );
}

// --- What came back is what was sent

/** How many values there are: names differ from client to client, and days become dates. */
function values(part) {
  if (part === null || part === undefined) return 0;
  if (typeof part !== "object" || part instanceof Date) return 1;
  return Object.values(part).reduce((count, inner) => count + values(inner), 0);
}

/** Text has no byte order mark, since no reader of text is given one. */
async function checkFile(content) {
  if (typeof content === "string") {
    assert.equal(content, new TextDecoder().decode(sent.body));
  } else {
    assert.deepEqual(new Uint8Array(await content.arrayBuffer()), sent.body);
  }
}

function checkJson(content) {
  const all = JSON.parse(new TextDecoder().decode(sent.body));
  assert.equal(typeof content, "object", "JSON is not parsed");
  assert.equal(values(content), values(all), "values are lost");
}

for (const [path, { get: operation }] of Object.entries(document.paths)) {
  const report = { operation: operation.operationId };
  const [type] = Object.keys(operation.responses["200"].content);
  const inPath = examples(operation, "path");
  const inQuery = examples(operation, "query");
  const needed = "fields" in inQuery ? { fields: inQuery.fields } : {};
  try {
    for (const query of [needed, inQuery]) {
      sent = undefined;
      const content = await CALLS[generator](operation, inPath, query, type);
      assert.equal(sent.status, 200, new TextDecoder().decode(sent.body));
      await (isJson(type) ? checkJson(content) : checkFile(content));
      // All examples together may match nothing.
      assert(query === inQuery || sent.body.length > 0, "nothing was sent");
    }
  } catch (error) {
    const told = await error.response?.text?.().catch(() => "");
    report.error = `${path}: ${told || (error.message ?? JSON.stringify(error))}`.slice(0, 600);
  }
  console.log(JSON.stringify(report));
}
