/* Imports. A file is checked slice by slice: the page asks for one after the other and shows how
   far it is; whoever leaves goes on where they left. A form that takes long says what it does. */
"use strict";

(() => {
  const checkAll = async (form) => {
    const bar = form.querySelector("progress");
    const checked = form.querySelector("[data-checked]");
    const status = form.querySelector(".import-status");
    const button = form.querySelector('input[type="submit"]');
    button.disabled = true;
    status.textContent = "Checking …";
    try {
      for (;;) {
        const response = await fetch(form.action, {
          method: "POST",
          body: new FormData(form),
          headers: { Accept: "application/json" },
        });
        const answer = response.ok ? await response.json() : {};
        if (!response.ok || answer.problem) {
          throw new Error(answer.problem || `The server answered ${response.status}.`);
        }
        bar.value = answer.checked;
        checked.textContent = answer.checked;
        if (answer.done) break;
      }
      status.textContent = "Checked.";
      location.reload();
    } catch (error) {
      status.textContent = `${error.message} Nothing is lost: go on with the button.`;
      button.disabled = false;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-import-check]");
    if (form) checkAll(form);
    for (const slow of document.querySelectorAll("form[data-reading]")) {
      slow.addEventListener("submit", () => {
        slow.querySelector(".import-status").textContent = slow.dataset.reading;
      });
    }
  });
})();
