/* Rows whose order readers see get two buttons, up and down. The order travels in the hidden
   `place` fields, which are numbered when a row moves and when the form is sent. A form that is
   shown again has its rows in the order that they had. */
"use strict";

(() => {
  const rowsOf = (group) =>
    [...group.querySelectorAll('input[name$="-place"]:not([name*="__prefix__"])')].map((place) =>
      place.closest("tr.form-row, .inline-related[id]"),
    );

  const place = (row) => row.querySelector('input[name$="-place"]');

  const number = (group) =>
    rowsOf(group).forEach((row, index) => {
      place(row).value = index;
    });

  const sort = (group) => {
    const rows = rowsOf(group);
    const at = (row) => (place(row).value === "" ? rows.length : Number(place(row).value));
    const sorted = [...rows].sort((one, other) => at(one) - at(other));
    if (sorted.every((row, index) => row === rows[index])) return;
    const mark = document.createComment("");
    rows[0].before(mark);
    mark.replaceWith(...sorted);
  };

  const button = (label, sign, act) => {
    const element = document.createElement("button");
    element.type = "button";
    element.title = label;
    element.setAttribute("aria-label", label);
    element.textContent = sign;
    element.addEventListener("click", act);
    return element;
  };

  const move = (group, row, by) => {
    const rows = rowsOf(group);
    const other = rows[rows.indexOf(row) + by];
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    number(group);
    row.querySelector(by < 0 ? ".row-up" : ".row-down").focus();
    row.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const equip = (group, row) => {
    if (!row || row.querySelector(".row-mover")) return;
    const mover = document.createElement("span");
    mover.className = "row-mover";
    const up = button("Move up", "↑", () => move(group, row, -1));
    const down = button("Move down", "↓", () => move(group, row, 1));
    up.classList.add("row-up");
    down.classList.add("row-down");
    mover.append(up, " ", down);
    (row.querySelector(":scope > h3") || row.querySelector("td.delete")).append(mover);
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const group of document.querySelectorAll(".js-inline-admin-formset")) {
      if (!group.querySelector('input[name$="-place"]')) continue;
      sort(group);
      rowsOf(group).forEach((row) => equip(group, row));
      group.addEventListener("formset:added", (event) => equip(group, event.target));
      group.closest("form").addEventListener("submit", () => number(group));
    }
  });
})();
