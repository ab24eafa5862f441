/* What is typed in a form and not saved is kept on the server: some seconds after the last change,
   and when the page is left. A step, or any link, leaves the page: then the browser asks first. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector('#content-main > form[id$="_form"]');
  if (!form) return;
  const QUIET = 3000; // milliseconds after the last change
  const LONGEST = 15000; // after the first that is not kept
  const AGAIN = 15000; // after a failure
  const LARGEST = 60000; // characters that a browser sends from a page that is gone
  const owner = form.querySelector("[name=_owner][data-keep]");

  // A form that comes back with errors holds what was typed and not saved.
  let unsaved = document.querySelector(".errornote, .kept-continued") !== null;
  // The search boxes of parties, items and statements tell of changes through jQuery only; so do
  // the admin's own scripts when the page opens, before anybody can have touched it.
  let touched = false;
  for (const name of ["pointerdown", "keydown"])
    document.addEventListener(name, () => (touched = true), { capture: true, once: true });

  let changes = 0;
  let kept = 0; // how many of them
  let since = 0; // when the first was that is not
  let timer = null;
  let sending = null;
  let status = null;

  const say = (text, isProblem) => {
    if (!status) {
      status = document.createElement("p");
      status.className = "kept-status";
      form.append(status);
    }
    // What is well is not read out every few seconds.
    status.setAttribute("role", isProblem ? "status" : "none");
    status.classList.toggle("problem", isProblem);
    if (status.textContent !== text) status.textContent = text;
  };

  const schedule = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => keep(), wait);
  };

  const keep = async (leaving = false) => {
    clearTimeout(timer);
    if (!owner || !unsaved || changes === kept) return;
    if (sending && !leaving) return schedule(QUIET);
    sending?.abort();
    const own = (sending = new AbortController());
    const upTo = changes;
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const text = body.toString();
    let answer = null;
    try {
      answer = await fetch(owner.dataset.keep, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: text,
        keepalive: leaving && text.length < LARGEST,
        signal: own.signal,
      });
      // What is refused before it is read, by the server or one in front, is refused in a page.
      const refusal = answer.status === 413 ? "the form is too large" : "the server refuses them";
      const said = await answer.json().catch(() => ({ problem: refusal }));
      if (!answer.ok || said.problem) throw new Error(said.problem);
      kept = upTo;
      since = Date.now();
      const signIn = said.signed_in ? "" : " Your session has ended: sign in when you save.";
      say(`Your changes are kept (${said.at}), and not saved yet.${signIn}`, false);
    } catch (error) {
      if (own.signal.aborted) return;
      const lasts = answer && [403, 413].includes(answer.status);
      if (lasts) say(`Your changes are not kept: ${error.message}. Save them from time to time.`, true);
      else say("Your changes are not kept at the moment. Trying again.", true);
      if (lasts) kept = upTo;
      else schedule(AGAIN);
    } finally {
      if (sending === own) sending = null;
    }
  };

  const stop = () => {
    clearTimeout(timer);
    sending?.abort();
    unsaved = false;
  };

  django.jQuery(form).on("input change formset:added formset:removed", (event) => {
    if (!touched && !event.originalEvent?.isTrusted) return;
    unsaved = true;
    if (changes === kept) since = Date.now();
    changes += 1;
    schedule(Math.max(0, Math.min(QUIET, since + LONGEST - Date.now())));
  });
  form.addEventListener("submit", stop);
  window.addEventListener("online", () => keep());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep(true);
  });
  window.addEventListener("pagehide", () => keep(true));
  // Gone back to after a save that failed: what it holds is not saved.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && changes) unsaved = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
});
