/* A search box that was left open closes at the next press of the mouse and takes the focus back.
   It must not scroll the page there: the click would miss the button under the pointer. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  django.jQuery(document).on("select2:open", (event) => {
    const box = event.target.nextElementSibling?.querySelector(".select2-selection");
    if (box) box.focus = () => HTMLElement.prototype.focus.call(box, { preventScroll: true });
  });
});
