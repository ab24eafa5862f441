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

const DARK = {
  colors: {
    text: { primary: "#e6eaee", secondary: "#a3adb6" },
    primary: { main: "#82c0f0" },
    border: { dark: "#333b43", light: "#333b43" },
    responses: {
      success: { color: "#7fcf95", backgroundColor: "#1d242b", tabTextColor: "#7fcf95" },
      error: { color: "#f0a0a0", backgroundColor: "#1d242b", tabTextColor: "#f0a0a0" },
    },
  },
  schema: { nestedBackground: "#1d242b", typeNameColor: "#a3adb6", typeTitleColor: "#a3adb6" },
  sidebar: { backgroundColor: "#1d242b", textColor: "#e6eaee" },
  rightPanel: { backgroundColor: "#0e1216" },
  codeBlock: { backgroundColor: "#1d242b" },
};
const FONT = "system-ui, sans-serif";
const typography = (dark) => ({
  fontFamily: FONT,
  headings: { fontFamily: FONT },
  code: dark ? { color: "#e0a050", backgroundColor: "#1d242b" } : {},
  links: dark ? { color: "#82c0f0", visited: "#82c0f0", hover: "#e6eaee" } : {},
});

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const show = (schema) =>
  Redoc.init(
    schema,
    {
      // The search would run in a worker made from a string, which the policy forbids.
      disableSearch: true,
      theme: { ...(dark.matches ? DARK : {}), typography: typography(dark.matches) },
    },
    page,
  );

fetch(page.dataset.schema)
  .then((response) => response.json())
  .then((schema) => {
    show(schema);
    dark.addEventListener("change", () => show(schema));
  });
