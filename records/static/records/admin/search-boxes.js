/* Search boxes choose what was typed, whatever the network does: nothing can be chosen from the
   list of an older input. Enter before the list is there waits for it, and then takes what is
   called exactly so, if it is one; else the list stays open. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const HIGHLIGHTED = "select2-results__option--highlighted";
  const equipped = new WeakSet();
  let pointer = ""; // where the mouse was last

  const placeOf = (event) => `${event.screenX},${event.screenY}`;
  for (const name of ["mousemove", "mousedown", "mouseup"])
    document.addEventListener(name, (event) => (pointer = placeOf(event)), true);

  const equip = (box) => {
    const field = box.dropdown.$search?.[0];
    if (!field || equipped.has(box)) return;
    equipped.add(box);
    const list = box.results.$results;
    const adapter = box.dataAdapter;
    const query = adapter.query.bind(adapter);
    let listed = null; // the input whose list is shown
    let waits = false; // whether Enter was pressed before it was there

    const settle = (found) => {
      const exact = found.filter((one) => one.exact);
      const isSure = exact.length === 1 && found[0] === exact[0];
      // Not what is chosen now, which may be below: what fits best.
      if (field.value) list.find("[aria-selected]").first().trigger("mouseenter");
      if (exact.length > 1) {
        list.find(`.${HIGHLIGHTED}`).removeClass(HIGHLIGHTED);
        field.removeAttribute("aria-activedescendant");
      }
      if (waits && isSure) box.trigger("results:select", {});
      waits = false;
    };

    adapter.query = (params, done) =>
      query(params, (data) => {
        if ((params.term ?? "") !== field.value) return;
        done(data);
        if (params.page > 1) return;
        listed = field.value;
        settle(data.results);
      });
    field.addEventListener(
      "input",
      () => {
        if (field.value === listed) return;
        listed = null;
        waits = false;
        box.results.clear();
      },
      true,
    );
    field.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" || event.isComposing || field.value === listed) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        waits = true;
      },
      true,
    );
    // A list that appears under a mouse at rest is not pointed at.
    list[0].addEventListener(
      "mouseover",
      (event) => {
        if (placeOf(event) === pointer) event.stopPropagation();
      },
      true,
    );
    box.on("close", () => {
      listed = null;
      waits = false;
    });
    // What was looked for and not found is the name of what is proposed.
    field.addEventListener("input", () => {
      const link = document.getElementById(`add_${box.$element[0].id}`);
      if (!link?.search) return;
      const address = new URL(link.href);
      address.searchParams.set("name", field.value);
      link.href = address;
    });
  };

  django.jQuery(document).on("select2:open", (event) => {
    const box = django.jQuery(event.target).data("select2");
    equip(box);
    // A box that was left open closes at the next press of the mouse and takes the focus back. It
    // must not scroll the page there: the click would miss the button under the pointer.
    const shown = box.$container.find(".select2-selection")[0];
    if (shown) shown.focus = () => HTMLElement.prototype.focus.call(shown, { preventScroll: true });
  });
});
