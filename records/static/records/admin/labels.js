/* Gives every field a name that is read out: in tables the column's heading, in search boxes the
   field's label, which select2 leaves at the list that it hides. */
"use strict";

(() => {
  const nameOf = (field) => {
    const label = field.labels?.[0]?.textContent.trim().replace(/:$/, "");
    if (label) return label;
    if (field.closest("td")?.classList.contains("delete")) return "Delete";
    const column = [...(field.closest("td")?.classList ?? [])].find((name) => name.startsWith("field-"));
    const heading = field.closest("table")?.querySelector(`th.column-${column?.slice("field-".length)}`);
    return heading?.textContent.trim() ?? "";
  };

  const label = (root) => {
    for (const field of root.querySelectorAll("select, textarea, input:not([type=hidden])")) {
      const name = nameOf(field);
      if (!name) continue;
      if (!field.labels?.length) field.setAttribute("aria-label", name);
      const box = field.nextElementSibling;
      if (!box?.classList.contains("select2")) continue;
      for (const part of box.querySelectorAll("[role=combobox], [role=textbox]")) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", name);
      }
    }
  };

  // The search boxes are made when the page, or the row, is ready: just before.
  const soon = (root) => setTimeout(() => label(root));
  document.addEventListener("DOMContentLoaded", () => {
    const form = ['#content-main > form[id$="_form"]', "#content-main > form"]
      .map((one) => document.querySelector(one))
      .find(Boolean);
    if (form) django.jQuery(() => soon(form));
  });
  document.addEventListener("formset:added", (event) => soon(event.target));
})();
