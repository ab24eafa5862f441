/* A step, or any link, leaves the page: where something was typed and not saved, the browser asks
   first. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector('#content-main > form[id$="_form"]');
  if (!form) return;
  // A form that comes back with errors holds what was typed and not saved.
  let unsaved = document.querySelector(".errornote") !== null;
  // The search boxes of parties, items and statements tell of changes through jQuery only.
  django.jQuery(form).on("input change formset:added formset:removed", () => {
    unsaved = true;
  });
  form.addEventListener("submit", () => {
    unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
});
