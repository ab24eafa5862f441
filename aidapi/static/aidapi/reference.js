"use strict";

// Redoc shows its maker's logo from a server elsewhere. Who reads this page is nobody else's
// business, and the policy forbids it: pictures from elsewhere are left out, whichever of the
// two ways sets their address.
const ours = (address) => new URL(address, location).origin === location.origin;
const picture = HTMLImageElement.prototype;
const src = Object.getOwnPropertyDescriptor(picture, "src");
Object.defineProperty(picture, "src", {
  ...src,
  set(address) {
    if (ours(address)) {
      src.set.call(this, address);
    }
  },
});
picture.setAttribute = function (name, value) {
  if (name !== "src" || ours(value)) {
    Element.prototype.setAttribute.call(this, name, value);
  }
};

const page = document.getElementById("redoc-page");

Redoc.init(
  page.dataset.schema,
  {
    // The search would run in a worker made from a string, which the policy forbids.
    disableSearch: true,
    theme: {
      typography: {
        fontFamily: "system-ui, sans-serif",
        headings: { fontFamily: "system-ui, sans-serif" },
      },
    },
  },
  page,
);
