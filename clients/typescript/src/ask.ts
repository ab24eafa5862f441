// Every operation of the API, put to a running server with generated types.
//
// node build/ask.js ADDRESS WITHDRAWN, where WITHDRAWN is JSON: plural of a kind to the id of a
// withdrawn record of it.

import assert from "node:assert/strict";
import process from "node:process";
import createClient from "openapi-fetch";
import type { components, paths } from "./aidapi.js";

const [address, withdrawnJson] = process.argv.slice(2);
assert(address !== undefined && withdrawnJson !== undefined);
const withdrawn = JSON.parse(withdrawnJson) as Record<
  "statements" | "donations" | "exports" | "contracts",
  string
>;

const api = createClient<paths, "application/json" | "application/problem+json">({
  baseUrl: address,
  querySerializer: { array: { style: "form", explode: false } },
});

const files = createClient<paths, "text/csv" | "application/problem+json">({ baseUrl: address });

// --- Nothing in an answer is `any`

type Schemas = components["schemas"];
type IsAny<T> = 0 extends 1 & T ? true : false;
type HasAny<T> =
  IsAny<T> extends true
    ? true
    : T extends readonly (infer Part)[]
      ? HasAny<Part>
      : T extends object
        ? { [K in keyof T]-?: HasAny<T[K]> }[keyof T]
        : false;
type Loose = { [Name in keyof Schemas]: true extends HasAny<Schemas[Name]> ? Name : never };
const loose: Loose[keyof Loose][] = [];
// Assignable only while no component has an `any`.
const noLooseComponent: never[] = loose;
assert.deepEqual(noLooseComponent, []);
// And the test of types is one: it finds what it looks for.
const finds: true extends HasAny<{ deep: { list: (string | { a: any })[] } }> ? true : false = true;
assert(finds);

// --- How answers are taken

interface Asked<T> {
  data?: T;
  error?: Schemas["Problem"];
  response: Response;
}

/** The answer of a good question. */
async function found<T>(asked: Promise<Asked<T>>): Promise<T> {
  const { data, error, response } = await asked;
  assert.equal(response.status, 200, JSON.stringify(error));
  assert.match(response.headers.get("Dataset-Revision") ?? "", /^\d+$/);
  assert(data !== undefined);
  return data;
}

/** The problem that a bad question is told. */
async function refused<P extends Schemas["Problem"]>(
  asked: Promise<{ error?: P; response: Response }>,
  status: P extends Schemas["WithdrawnProblem"] ? 410 : number,
): Promise<P> {
  const { error, response } = await asked;
  assert.equal(response.status, status);
  assert(error !== undefined);
  assert.equal(error.status, status);
  assert.equal(error.request_id, response.headers.get("X-Request-Id"));
  return error;
}

function checkRecord(
  record: Schemas["Donation"] | Schemas["Export"] | Schemas["Contract"],
): void {
  assert(record.figures.length > 0);
  const known = new Set(record.statements.map((statement) => statement.id));
  for (const figure of record.figures) {
    assert(figure.evidence.quote.length > 0);
    assert(known.has(figure.evidence.statement));
    assert(figure.value === null || typeof figure.value === "number");
    if (figure.lower !== null && figure.upper !== null) {
      assert(figure.lower <= figure.upper);
    }
  }
}

function checkFacets(answer: Schemas["RecordFacets"]): void {
  assert(answer.records > 0);
  assert(answer.facets.every((facet) => facet.values.every((value) => value.records > 0)));
}

function checkSummary(answer: Schemas["Summary"]): void {
  assert(answer.totals.length > 0);
  for (const total of answer.totals) {
    assert(total.used.length > 0 || total.left_out.length > 0);
  }
}

function checkCitation(citation: Schemas["Citation"]): void {
  assert(citation.text.length > 0 && citation.bibtex.startsWith("@"));
  assert(citation.license_url.startsWith("https://"));
}

function checkVersions(page: Schemas["RecordVersionList"]): void {
  const first = page.results.find((version) => version.version === 1);
  assert(first !== undefined);
  assert.equal(first.changes.length, 0);
}

// --- A question for each path of the document: without one for a new path this does not compile

/** The record that the questions about one of each kind ask for; lists fill it. */
const first = { statements: "", donations: "", exports: "", contracts: "" };

/** The address of one representation has an extension; those are asked without types below. */
type Form = `${string}.${string}`;

const questions: { [Path in Exclude<keyof paths, Form>]: () => Promise<void> } = {
  "/api/v1/": async () => {
    const index = await found(api.GET("/api/v1/"));
    assert(index.endpoints.map((endpoint) => endpoint.name).includes("donations"));
  },
  "/api/v1/coverage/": async () => {
    const coverage = await found(api.GET("/api/v1/coverage/"));
    assert.equal(coverage.kinds.length, 4);
  },
  "/api/v1/cite/": async () => checkCitation(await found(api.GET("/api/v1/cite/"))),
  "/api/v1/metadata/": async () => {
    const dataset = await found(api.GET("/api/v1/metadata/"));
    assert(dataset["dcat:distribution"].length > 0);
  },

  "/api/v1/statements/": async () => {
    const query = { language: ["en", "zh"], page_size: 500 };
    const page = await found(api.GET("/api/v1/statements/", { params: { query } }));
    const statements = page.results;
    assert(statements.length > 50);
    first.statements = statements[0]?.id ?? "";
    assert(statements.every((one) => one.kind === "statement" && one.summary.length > 0));
  },
  "/api/v1/statements/facets/": async () =>
    checkFacets(await found(api.GET("/api/v1/statements/facets/"))),
  "/api/v1/statements/cite/": async () =>
    checkCitation(await found(api.GET("/api/v1/statements/cite/"))),
  "/api/v1/statements/{id}/": async () => {
    const path = { id: first.statements };
    const statement = await found(api.GET("/api/v1/statements/{id}/", { params: { path } }));
    assert.equal(statement.id, path.id);
    const gone = await refused(
      api.GET("/api/v1/statements/{id}/", { params: { path: { id: withdrawn.statements } } }),
      410,
    );
    checkTombstone(gone, withdrawn.statements);
  },
  "/api/v1/statements/{id}/cite/": async () => {
    const path = { id: first.statements };
    checkCitation(await found(api.GET("/api/v1/statements/{id}/cite/", { params: { path } })));
  },
  "/api/v1/statements/{id}/versions/": async () => {
    const path = { id: first.statements };
    checkVersions(await found(api.GET("/api/v1/statements/{id}/versions/", { params: { path } })));
  },

  "/api/v1/donations/": async () => {
    const query: paths["/api/v1/donations/"]["get"]["parameters"]["query"] = {
      donor: ["CHN"],
      recipient: ["who"],
      form: ["cash"],
      currency: ["USD"],
      count: true,
    };
    const page = await found(api.GET("/api/v1/donations/", { params: { query } }));
    const donations = page.results;
    assert.equal(page.count, donations.length);
    donations.forEach(checkRecord);
    const values = donations.flatMap((one) => one.figures).map((figure) => figure.value);
    assert(values.includes(20_000_000) && values.includes(30_000_000));
    first.donations = donations[0]?.id ?? "";

    const bad = await refused(
      api.GET("/api/v1/donations/", { params: { query: { revision: 2 ** 31 - 1 } } }),
      404,
    );
    assert.equal(bad.code, "unknown_revision");
    const csv = await files.GET("/api/v1/donations.csv", {
      params: { query: { donor: ["CHN"], recipient: ["who"] } },
      parseAs: "text",
    });
    assert(csv.data?.includes("Dataset") === false && csv.data.split("\n").length > 2);
  },
  "/api/v1/donations/facets/": async () =>
    checkFacets(await found(api.GET("/api/v1/donations/facets/"))),
  "/api/v1/donations/cite/": async () =>
    checkCitation(await found(api.GET("/api/v1/donations/cite/"))),
  "/api/v1/donations/summary/": async () => {
    const query: paths["/api/v1/donations/summary/"]["get"]["parameters"]["query"] = {
      group_by: ["item", "year"],
    };
    checkSummary(await found(api.GET("/api/v1/donations/summary/", { params: { query } })));
  },
  "/api/v1/donations/{id}/": async () => {
    const path = { id: first.donations };
    const donation = await found(api.GET("/api/v1/donations/{id}/", { params: { path } }));
    assert.equal(donation.kind, "donation");
    const gone = await refused(
      api.GET("/api/v1/donations/{id}/", { params: { path: { id: withdrawn.donations } } }),
      410,
    );
    checkTombstone(gone, withdrawn.donations);
  },
  "/api/v1/donations/{id}/cite/": async () => {
    const path = { id: first.donations };
    checkCitation(await found(api.GET("/api/v1/donations/{id}/cite/", { params: { path } })));
  },
  "/api/v1/donations/{id}/versions/": async () => {
    const path = { id: first.donations };
    checkVersions(await found(api.GET("/api/v1/donations/{id}/versions/", { params: { path } })));
  },

  "/api/v1/exports/": async () => {
    const query = { item: ["mask", "ventilator"], page_size: 500 };
    const page = await found(api.GET("/api/v1/exports/", { params: { query } }));
    const exported = page.results;
    assert(exported.length > 0);
    exported.forEach(checkRecord);
    first.exports = exported[0]?.id ?? "";
  },
  "/api/v1/exports/facets/": async () =>
    checkFacets(await found(api.GET("/api/v1/exports/facets/"))),
  "/api/v1/exports/cite/": async () => checkCitation(await found(api.GET("/api/v1/exports/cite/"))),
  "/api/v1/exports/summary/": async () =>
    checkSummary(await found(api.GET("/api/v1/exports/summary/"))),
  "/api/v1/exports/{id}/": async () => {
    const path = { id: first.exports };
    const one = await found(api.GET("/api/v1/exports/{id}/", { params: { path } }));
    assert.equal(one.kind, "export");
    const gone = await refused(
      api.GET("/api/v1/exports/{id}/", { params: { path: { id: withdrawn.exports } } }),
      410,
    );
    checkTombstone(gone, withdrawn.exports);
  },
  "/api/v1/exports/{id}/cite/": async () => {
    const path = { id: first.exports };
    checkCitation(await found(api.GET("/api/v1/exports/{id}/cite/", { params: { path } })));
  },
  "/api/v1/exports/{id}/versions/": async () => {
    const path = { id: first.exports };
    checkVersions(await found(api.GET("/api/v1/exports/{id}/versions/", { params: { path } })));
  },

  "/api/v1/contracts/": async () => {
    const query: paths["/api/v1/contracts/"]["get"]["parameters"]["query"] = {
      item: ["test-kit"],
      stage: ["cancelled", "returned"],
    };
    const page = await found(api.GET("/api/v1/contracts/", { params: { query } }));
    const contracts = page.results;
    assert.equal(contracts.length, 5);
    contracts.forEach(checkRecord);
    first.contracts = contracts[0]?.id ?? "";
  },
  "/api/v1/contracts/facets/": async () =>
    checkFacets(await found(api.GET("/api/v1/contracts/facets/"))),
  "/api/v1/contracts/cite/": async () =>
    checkCitation(await found(api.GET("/api/v1/contracts/cite/"))),
  "/api/v1/contracts/summary/": async () =>
    checkSummary(await found(api.GET("/api/v1/contracts/summary/"))),
  "/api/v1/contracts/{id}/": async () => {
    const path = { id: first.contracts };
    const one = await found(api.GET("/api/v1/contracts/{id}/", { params: { path } }));
    assert.equal(one.kind, "contract");
    const gone = await refused(
      api.GET("/api/v1/contracts/{id}/", { params: { path: { id: withdrawn.contracts } } }),
      410,
    );
    checkTombstone(gone, withdrawn.contracts);
  },
  "/api/v1/contracts/{id}/cite/": async () => {
    const path = { id: first.contracts };
    checkCitation(await found(api.GET("/api/v1/contracts/{id}/cite/", { params: { path } })));
  },
  "/api/v1/contracts/{id}/versions/": async () => {
    const path = { id: first.contracts };
    checkVersions(await found(api.GET("/api/v1/contracts/{id}/versions/", { params: { path } })));
  },

  "/api/v1/parties/": async () => {
    const page = await found(api.GET("/api/v1/parties/", { params: { query: { page_size: 5 } } }));
    assert.equal(page.results.length, 5);
    assert.notEqual(page.next, null);
  },
  "/api/v1/parties/{code}/": async () => {
    const path = { code: "CHN" };
    const party = await found(api.GET("/api/v1/parties/{code}/", { params: { path } }));
    assert.equal(party.type, "country");
    await refused(
      api.GET("/api/v1/parties/{code}/", { params: { path: { code: "nobody-at-all" } } }),
      404,
    );
  },
  "/api/v1/items/": async () => {
    const page = await found(api.GET("/api/v1/items/"));
    assert(page.results.length > 0);
  },
  "/api/v1/items/{code}/": async () => {
    const path = { code: "surgical-mask" };
    const item = await found(api.GET("/api/v1/items/{code}/", { params: { path } }));
    assert.equal(item.parent, "mask");
  },
  "/api/v1/series/": async () => {
    const page = await found(api.GET("/api/v1/series/"));
    assert(page.results.length > 0);
  },
  "/api/v1/series/{slug}/": async () => {
    const path = { slug: "china-customs-anti-epidemic-exports" };
    const series = await found(api.GET("/api/v1/series/{slug}/", { params: { path } }));
    assert.equal(series.slug, path.slug);
  },
  "/api/v1/revisions/": async () => {
    const page = await found(api.GET("/api/v1/revisions/"));
    assert(page.results.every((revision) => revision.changes > 0));
  },
  "/api/v1/revisions/{number}/": async () => {
    const path = { number: 1 };
    const revision = await found(api.GET("/api/v1/revisions/{number}/", { params: { path } }));
    assert.equal(revision.number, 1);
  },
  "/api/v1/changes/": async () => {
    const query: paths["/api/v1/changes/"]["get"]["parameters"]["query"] = {
      action: ["withdrawn"],
    };
    const page = await found(api.GET("/api/v1/changes/", { params: { query } }));
    const changes = page.results;
    assert(changes.length >= 4);
    assert(changes.every((change) => change.reason !== ""));

    const parts = await found(
      api.GET("/api/v1/changes.sparse.json", { params: { query: { fields: ["id", "reason"] } } }),
    );
    assert.deepEqual(Object.keys(parts.results?.[0] ?? {}), ["id", "reason"]);
  },
};

function checkTombstone(problem: Schemas["Problem"] | Schemas["WithdrawnProblem"], id: string) {
  assert("withdrawn" in problem);
  assert.equal(problem.withdrawn.id, id);
  assert.equal(problem.withdrawn.reason, "It was never said.");
}

for (const [path, ask] of Object.entries(questions)) {
  await ask();
  console.log(path);
}

// --- Files, citation styles, feeds and sparse documents: whatever the document of the server has

interface Operations {
  paths: Record<string, { get: { responses: { "200": { content: object } } } }>;
}

const own = (await (await fetch(`${address}/api/v1/openapi.json`)).json()) as Operations;
const lookups = { code: { parties: "CHN", items: "surgical-mask" }, slug: "china-customs-anti-epidemic-exports" };
for (const [path, { get }] of Object.entries(own.paths)) {
  if (!path.includes(".")) {
    continue;
  }
  const kind = path.split("/")[3]?.split(".")[0] ?? "";
  const filled = path
    .replace("{id}", first[kind as keyof typeof first])
    .replace("{code}", lookups.code[kind as keyof typeof lookups.code])
    .replace("{slug}", lookups.slug)
    .replace("{number}", "1");
  const response: Response = await fetch(address + filled);
  assert.equal(response.status, 200, filled);
  const [mediaType] = Object.keys(get.responses["200"].content);
  assert.equal(response.headers.get("Content-Type")?.split(";")[0], mediaType);
  assert((await response.arrayBuffer()).byteLength > 0, filled);
  console.log(path);
}
