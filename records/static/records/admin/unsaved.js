/* What is typed in a form and not saved is kept on the server: some seconds after the last change,
   and when the page is left. A step, or any link, leaves the page: then the browser asks first. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector('#content-main > form[id$="_form"]');
  if (!form) return;
  const QUIET = 3000; // milliseconds after the last change
  const LONGEST = 15000; // after the first that is not kept
  const AGAIN = 15000; // after a failure
  const LARGEST = 60000; // bytes that a browser sends from a page that is gone
  const LONG = 1000; // characters of a field of which a part is sent
  const MUCH = 10000; // characters that are not typed but pasted
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
  let bases = []; // states of the form that the server has or may have
  const lengths = new WeakMap(); // of the fields that changed
  const page = `${Date.now()}`; // a page that is loaded again begins to count again
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

  const fields = () => {
    const found = new Map();
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || name === "csrfmiddlewaretoken" || name === "_owner") continue;
      // Line breaks as they are sent, so that places in a text are the server's.
      const sent = value.replace(/\r\n|\r|\n/g, "\r\n");
      found.set(name, [...(found.get(name) ?? []), sent]);
    }
    return found;
  };

  /* The part of a text that differs: where it began and ended, and what is there now. */
  const part = (before, now) => {
    let start = 0;
    let end = 0;
    const most = Math.min(before.length, now.length);
    while (start < most && before[start] === now[start]) start += 1;
    while (end < most - start && before.at(-1 - end) === now.at(-1 - end)) end += 1;
    // Half a character is none.
    if (/[\uD800-\uDBFF]/.test(before[start - 1])) start -= 1;
    if (/[\uDC00-\uDFFF]/.test(before[before.length - end])) end -= 1;
    return [start, before.length - end, now.slice(start, now.length - end)];
  };

  const difference = (base, now) => {
    const values = {};
    const parts = {};
    for (const [name, value] of now) {
      const before = base.fields.get(name);
      if (before && JSON.stringify(before) === JSON.stringify(value)) continue;
      if (before?.length === 1 && value.length === 1 && value[0].length > LONG) parts[name] = part(before[0], value[0]);
      else values[name] = value;
    }
    const gone = [...base.fields.keys()].filter((name) => !now.has(name));
    return { since: base.state, values, parts, gone };
  };

  /* What is sent, and whether a browser sends it from a page that is gone. */
  const message = (state, now, leaving) => {
    const carried = [
      ["_owner", owner.value],
      ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken?.value ?? ""],
      ["_state", state],
    ];
    const whole = new URLSearchParams(carried);
    for (const [name, values] of now) for (const value of values) whole.append(name, value);
    const isSmall = whole.toString().length < LARGEST;
    if (!leaving || isSmall || !bases.length) return { body: whole, isSmall };
    // As a form with parts: words of some scripts are three times as long in an address.
    const differences = new FormData();
    for (const [name, value] of carried) differences.append(name, value);
    const text = JSON.stringify(bases.map((base) => difference(base, now)));
    differences.append("_differences", text);
    const fits = new Blob([text, owner.value]).size + 1000 < LARGEST;
    return fits ? { body: differences, isSmall: true } : { body: whole, isSmall: false };
  };

  const keep = async (leaving = false) => {
    clearTimeout(timer);
    if (!owner || !unsaved || changes === kept) return;
    if (sending && !leaving) return schedule(QUIET);
    const upTo = changes;
    const state = `${page}-${upTo}`;
    const now = fields();
    const { body, isSmall } = message(state, now, leaving);
    if (sending?.upTo === upTo && (sending.outlives || !isSmall)) return;
    sending?.abort();
    const own = (sending = new AbortController());
    Object.assign(own, { upTo, outlives: leaving && isSmall });
    bases = [...bases.filter((base) => base.state !== state).slice(-2), { state, fields: now }];
    let answer = null;
    try {
      answer = await fetch(owner.dataset.keep, {
        method: "POST",
        body,
        keepalive: own.outlives,
        signal: own.signal,
      });
      // What is refused before it is read, by the server or one in front, is refused in a page.
      const refusal = answer.status === 413 ? "the form is too large" : "the server refuses them";
      const said = await answer.json().catch(() => ({ problem: refusal }));
      if (answer.status === 422) bases = [];
      if (!answer.ok || said.problem) throw new Error(said.problem);
      kept = upTo;
      bases = [{ state, fields: now }];
      since = Date.now();
      const signIn = said.signed_in ? "" : " Your session has ended: sign in when you save.";
      say(`Your changes are kept (${said.at}), and not saved yet.${signIn}`, false);
    } catch (error) {
      if (own.signal.aborted) return;
      const lasts = answer && [403, 409, 413].includes(answer.status);
      if (lasts) say(`Your changes are not kept: ${error.message}. Save them from time to time.`, true);
      else say("Your changes are not kept at the moment. Trying again.", true);
      if (lasts) kept = upTo;
      else schedule(answer?.status === 422 ? 0 : AGAIN);
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
    // A text that was pasted may be too long to be sent from a page that is gone.
    const length = event.target.value?.length ?? 0;
    const pasted = Math.abs(length - (lengths.get(event.target) ?? 0)) > MUCH;
    lengths.set(event.target, length);
    schedule(pasted ? 0 : Math.max(0, Math.min(QUIET, since + LONGEST - Date.now())));
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
    if (!unsaved) return;
    event.preventDefault();
    // While the browser asks, also what is too long for a page that is gone.
    keep(true);
  });
});
