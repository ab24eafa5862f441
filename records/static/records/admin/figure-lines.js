/* One line per figure: measure, qualifier, number, item, unit or currency, and quote; the other fields are
   one key away. Above the lines, what holds for all of them. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const group = document.getElementById("figures-group");
  if (!group?.querySelector('[name="figures-__prefix__-basis"]')) return;
  const form = group.closest("form");
  const $ = django.jQuery;

  const rows = () => [...group.querySelectorAll(".inline-related:not(.empty-form)")];
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const toggleOf = (row) => row.querySelector(".figure-toggle");

  const fold = (row, folded) => {
    row.classList.toggle("figure-line", folded);
    const toggle = toggleOf(row);
    toggle.textContent = folded ? "All fields" : "One line";
    toggle.setAttribute("aria-expanded", String(!folded));
  };

  const equip = (row) => {
    if (toggleOf(row)) return;
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "figure-toggle";
    toggle.title = "Alt+Enter";
    toggle.addEventListener("click", () => fold(row, !row.classList.contains("figure-line")));
    (row.querySelector(":scope > h3") || row).append(toggle);
    // What is wrong, not understood or without a source is looked at in full.
    const isWhole = !row.querySelector(".errors, .errorlist, .reader-not-understood");
    fold(row, isWhole && field(row, "statement").value !== "");
  };

  // Keys: Alt+Enter opens and closes a figure; arrows go to the same field of another line.

  const isArrow = (event) =>
    ["ArrowUp", "ArrowDown"].includes(event.key) &&
    !event.altKey &&
    !event.shiftKey &&
    (event.ctrlKey || event.target.matches("input:not([type=checkbox])"));

  group.addEventListener("keydown", (event) => {
    const row = event.target.closest(".inline-related");
    if (!row) return;
    if (event.key === "Enter" && event.altKey) {
      event.preventDefault();
      fold(row, !row.classList.contains("figure-line"));
    } else if (isArrow(event) && row.classList.contains("figure-line")) {
      const lines = rows();
      const other = lines[lines.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      const name = event.target.name?.split("-").at(-1);
      const there = other && name && field(other, name);
      if (!there) return;
      event.preventDefault();
      fold(other, true);
      there.focus();
      there.select?.();
    }
  });

  group.addEventListener("figure:read", (event) => fold(event.target, event.detail.understood));

  // For all figures

  const bar = document.createElement("p");
  bar.className = "figure-all";
  const forAll = document.createElement("label");
  forAll.append("For all figures, basis ");
  const basis = document.createElement("select");
  basis.id = "figures-all-basis";
  const usual = field(group.querySelector(".empty-form"), "basis");
  basis.append(new Option("as each says", ""), ...[...usual.options].map((one) => new Option(one.text, one.value)));
  forAll.append(basis);
  const first = document.createElement("button");
  first.type = "button";
  first.className = "figure-toggle";
  first.textContent = "All rest on the statement of the first";
  bar.append(forAll, " ", first);
  group.querySelector(".inline-heading").after(bar);
  let chosen = false; // by hand

  const put = (input, value) => {
    if (input.value === value) return;
    input.value = value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const apply = (row) => {
    if (basis.value) put(field(row, "basis"), basis.value);
  };

  for (const name of ["input", "change"]) bar.addEventListener(name, (event) => event.stopPropagation());
  basis.addEventListener("change", () => {
    chosen = true;
    rows().forEach(apply);
  });
  first.addEventListener("click", () => {
    const [leading, ...others] = rows();
    const statement = leading && field(leading, "statement");
    const option = statement?.selectedOptions[0];
    if (!option?.value) return;
    for (const row of others) {
      const select = field(row, "statement");
      if (select.value === option.value) continue;
      if (![...select.options].some((one) => one.value === option.value))
        select.append(new Option(option.text, option.value));
      $(select).val(option.value).trigger("change");
    }
  });

  /* A point of a series is a running total; a record of a period has its total. */
  const suggest = () => {
    if (chosen || form.querySelector('[name="figures-INITIAL_FORMS"]').value !== "0") return;
    const value = (name) => form.querySelector(`[name="${name}"]`)?.value ?? "";
    basis.value = value("series")
      ? "cumulative_to_date"
      : value("period_start") && value("period_end")
        ? "period_total"
        : "";
    rows().forEach((row) => put(field(row, "basis"), basis.value || usual.value));
  };
  for (const name of ["series", "period_start", "period_end"])
    form.querySelector(`[name="${name}"]`)?.addEventListener("change", suggest);

  group.addEventListener("formset:added", (event) => {
    if (!event.target.matches(".inline-related")) return;
    equip(event.target);
    apply(event.target);
  });
  rows().forEach(equip);
});
