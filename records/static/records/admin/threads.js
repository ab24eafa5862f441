/* Comments are sent without leaving the page, so that nothing else that is typed on it is lost;
   and figures of the form say which threads are about them. Without this script the page is loaded
   again. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const forms = document.querySelectorAll("form.curation-talk");
  const places = (page) => [...page.querySelectorAll("[data-talk]")];

  // Beside each figure of the form, a link to the threads about it.
  function mark() {
    document.querySelectorAll(".thread-mark").forEach((old) => old.remove());
    for (const key of document.querySelectorAll('input[name^="figures-"][name$="-id"]')) {
      const of = [...document.querySelectorAll(`#threads [data-figure="${CSS.escape(key.value || "0")}"]`)];
      const open = of.filter((thread) => !thread.classList.contains("resolved"));
      const head = key.closest(".inline-related")?.querySelector("h3");
      if (!open.length || !head) continue;
      const link = document.createElement("a");
      link.className = "thread-mark";
      link.href = `#${open[0].id}`;
      link.textContent = open.length === 1 ? "1 open thread" : `${open.length} open threads`;
      head.append(" ", link);
    }
  }

  // A link to a thread leads to it, also if it is resolved, and wherever the other scripts of the
  // page have moved it.
  function goThere() {
    const place = location.hash.startsWith("#thread") && document.getElementById(location.hash.slice(1));
    if (!place) return;
    place.closest("details")?.setAttribute("open", "");
    place.scrollIntoView();
  }

  function replace(page, sent) {
    const typed = [...document.querySelectorAll("[data-talk] textarea")].filter((box) => box !== sent && box.value);
    for (const place of places(document)) {
      const now = page.querySelector(`[data-talk="${CSS.escape(place.dataset.talk)}"]`);
      if (now) place.innerHTML = now.innerHTML;
    }
    for (const old of typed) {
      const box = document.getElementById(old.id);
      if (box) box.value = old.value;
    }
    sent.value = "";
    sent.closest("details.curation-begin")?.removeAttribute("open");
    const done = page.querySelector(".messagelist li:last-child")?.textContent ?? "";
    document.querySelectorAll("[data-done]").forEach((place) => (place.textContent = done));
    mark();
  }

  async function send(form, button) {
    const box = [...form.elements].find(
      (one) => one.name === `text-${button.value.replace(/^begin:?/, "new-").replace(/^.*:/, "")}`,
    );
    button.disabled = true;
    try {
      const data = new FormData(form);
      data.set("act", button.value);
      const response = await fetch(form.action, { method: "POST", body: data });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!response.ok || !places(page).length || !box) throw new Error("not taken");
      replace(page, box);
    } catch {
      // The page that explains it, with what was typed.
      const act = document.createElement("input");
      Object.assign(act, { type: "hidden", name: "act", value: button.value });
      form.append(act);
      form.submit();
    } finally {
      button.disabled = false;
    }
  }

  for (const form of forms)
    form.addEventListener("submit", (event) => {
      if (!event.submitter || event.submitter.name !== "act") return;
      event.preventDefault();
      send(form, event.submitter);
    });
  mark();
  window.addEventListener("load", goThere);
  window.addEventListener("hashchange", goThere);
});
