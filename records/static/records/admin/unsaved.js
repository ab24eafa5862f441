/* A step, or any link, leaves the page: where something was typed and not saved, the browser asks
   first. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector('#content-main > form[id$="_form"]');
  if (!form) return;
  // A form that comes back with errors holds what was typed and not saved.
  let unsaved = document.querySelector(".errornote") !== null;
  // The search boxes of parties, items and statements tell of changes through jQuery only; so do
  // the admin's own scripts when the page opens, before anybody can have touched it.
  let touched = false;
  for (const name of ["pointerdown", "keydown"])
    document.addEventListener(name, () => (touched = true), { capture: true, once: true });
  django.jQuery(form).on("input change formset:added formset:removed", (event) => {
    if (touched || event.originalEvent?.isTrusted) unsaved = true;
  });
  form.addEventListener("submit", () => {
    unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
});
