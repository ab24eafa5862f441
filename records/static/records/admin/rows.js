/* Rows whose order readers see get two buttons, up and down. The order travels in the hidden
   `place` fields, which are numbered when the form is sent. */
"use strict";

(() => {
  const rowsOf = (group) =>
    [...group.querySelectorAll('input[name$="-place"]:not([name*="__prefix__"])')].map((place) =>
      place.closest("tr.form-row, .inline-related[id]"),
    );

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
      rowsOf(group).forEach((row) => equip(group, row));
      group.addEventListener("formset:added", (event) => equip(group, event.target));
      group.closest("form").addEventListener("submit", () => {
        rowsOf(group).forEach((row, index) => {
          row.querySelector('input[name$="-place"]').value = index;
        });
      });
    }
  });
})();
