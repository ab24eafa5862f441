"use strict";

const page = document.getElementById("swagger-ui");

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Tags in the order in which people look for them; any other comes before the last.
const FIRST = ["donations", "exports", "contracts", "statements", "series", "parties", "items"];
const LAST = "index";

// Groups of parameters: heading, and the names in it. The first that fits has a parameter.
const ROLES = "donor|recipient|exporter|destination|buyer|supplier";
const RESPONSE = "The response";
const GROUPS = [
  ["Most used", new RegExp(`^(search|name|${ROLES}|item|as_of_from|as_of_to|stage)$`)],
  ["Parties", new RegExp(`^(${ROLES}|intermediary)|^(party|joint|region|type|country)$`)],
  ["Figures", /^(measure|basis|operator|unit|currency|party_type|countable|total|value_.*)$/],
  ["Dates", /_(from|to)$|^(milestone|certain)$/],
  ["Sources", /^(statement|single_source|publisher|speaker|organisation|event|language|topic)$/],
  [RESPONSE, /^(revision|ordering|cursor|page_size|count|format|fields|omit|rows|raw|limit|facets)$/],
  ["Other filters", /./],
];
const ORDER = [...GROUPS.map(([heading]) => heading).filter((one) => one !== RESPONSE), RESPONSE];
const groupOf = (one) =>
  (one.in === "path" ? GROUPS[0] : GROUPS.find(([, names]) => names.test(one.name)))[0];

// A list of codes is typed as one text, with commas; Swagger UI would take a field for each.
const typed = ({ schema, ...parameter }) =>
  schema.type === "array" && !schema.items.enum && !schema.items.$ref
    ? { ...parameter, schema: { type: "string" } }
    : { ...parameter, schema };

// Parameters by group, the first of each with the heading. Swagger UI fills every field with its
// example, which asks all questions at once and finds nothing: examples are in descriptions.
const grouped = (parameters) => {
  const searchFirst = (one, other) => (other.name === "search") - (one.name === "search");
  const of = (heading) =>
    parameters.filter((one) => groupOf(one) === heading).sort(searchFirst).map(typed);
  const groups = ORDER.map((heading) => [heading, of(heading)]).filter(([, found]) => found.length);
  return groups.flatMap(([heading, found]) =>
    found.map(({ example, ...parameter }, place) => ({
      ...parameter,
      ...(place === 0 && groups.length > 1 ? { "x-heading": heading } : {}),
      description:
        parameter.in === "query" && example !== undefined
          ? `${parameter.description}\n\nExample: \`${parameter.name}=${example}\``
          : parameter.description,
      ...(parameter.in === "path" ? { example } : {}),
    })),
  );
};

// The same response in another form has a path with an ending.
const isForm = (path) => /\.[a-z][a-z.-]*$/.test(path);
const formsOf = (tag) => `${tag} as files, feeds and citations`;

const arranged = (schema) => {
  const resolved = (one) =>
    one.$ref ? schema.components.parameters[one.$ref.split("/").pop()] : one;
  const withForms = new Set();
  for (const [path, { get }] of Object.entries(schema.paths)) {
    if (isForm(path)) {
      withForms.add(get.tags[0]);
      get.tags = [formsOf(get.tags[0])];
    }
    if (get.parameters) {
      get.parameters = grouped(get.parameters.map(resolved));
    }
  }
  const place = ({ name }) => {
    const found = FIRST.indexOf(name);
    return found >= 0 ? found : FIRST.length + (name === LAST);
  };
  schema.tags.sort((one, other) => place(one) - place(other));
  const forms = schema.tags.filter(({ name }) => withForms.has(name));
  schema.tags.push(...forms.map(({ name }) => ({ name: formsOf(name) })));
  return schema;
};

// A row with the heading of a group before the first of its parameters.
const headings = () => ({
  wrapComponents: {
    parameterRow: (Row, { React }) => (props) => {
      const heading = props.rawParam.get("x-heading");
      const row = React.createElement(Row, props);
      if (!heading) {
        return row;
      }
      const cell = React.createElement("th", { colSpan: 2, scope: "rowgroup" }, heading);
      const above = React.createElement("tr", { className: "parameter-group" }, cell);
      return React.createElement(React.Fragment, null, above, row);
    },
  },
});

// The introduction is on the page already, the description in the reference.
const show = (schema) => {
  delete schema.info.description;
  return SwaggerUIBundle({
    spec: arranged(schema),
    domNode: page,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [headings],
    layout: "BaseLayout",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    // Tags are closed: hundreds of operations would take seconds to draw.
    docExpansion: "none",
    supportedSubmitMethods: ["get"],
    tryItOutEnabled: true,
    // No question is sent to a validator elsewhere.
    validatorUrl: null,
  });
};

// What Swagger UI draws without a name, out of reach of the keyboard, or at another level.
const mend = () => {
  const each = (selector, change) => page.querySelectorAll(selector).forEach(change);
  each("tr[data-param-name] :is(input, select, textarea)", (field) => {
    field.setAttribute("aria-label", field.closest("tr").dataset.paramName);
  });
  each("select:not([aria-label], [id])", (field) => field.setAttribute("aria-label", "Example"));
  each("pre.microlight:not([tabindex])", (area) => area.setAttribute("tabindex", 0));
  each(".opblock-summary-control a[href]", (link) => link.removeAttribute("href"));
  each("h1, h3.opblock-tag", (heading) => heading.setAttribute("aria-level", 2));
  each("h4.opblock-title", (heading) => heading.setAttribute("aria-level", 3));
  each("main", (part) => part.setAttribute("role", "group"));
};
new MutationObserver(mend).observe(page, { childList: true, subtree: true });

const loaded = (name, address) =>
  new Promise((resolve, reject) => {
    const element = document.createElement(name);
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    if (name === "link") {
      element.rel = "stylesheet";
      element.href = address;
    } else {
      element.src = address;
    }
    document.head.append(element);
  });

// Swagger UI blocks a phone for seconds: it is loaded once somebody turns to the page, by a
// pointer, a key or a link to a request.
let begun;
const begin = () => {
  begun ??= Promise.all([
    fetch(page.dataset.schema).then((response) => response.json()),
    loaded("script", page.dataset.script),
    loaded("link", page.dataset.style),
  ]).then(([schema]) => {
    button.hidden = true; // not before: a click that follows at once would miss it
    return show(schema);
  });
  return begun;
};

const button = document.getElementById("show-requests");
button.hidden = false;
for (const event of ["pointermove", "pointerdown", "touchstart", "keydown", "wheel"]) {
  addEventListener(event, begin, { once: true, passive: true });
}
button.addEventListener("click", () => begin().then(() => page.scrollIntoView()));

// A link to a request opens it, also when Swagger UI is there already, which reads the address
// only once.
const follows = () => {
  if (location.hash.startsWith("#/")) {
    const there = page.childElementCount > 0;
    begin().then((ui) => there && ui.layoutActions.parseDeepLinkHash(location.hash));
  }
};
addEventListener("hashchange", follows);
follows();
