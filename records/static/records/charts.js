/* Makes a chart interactive when it is asked for: only then are the libraries loaded. They read
   expressions without `eval` and add no style elements, which the policy forbids. Without
   JavaScript the button stays hidden, and the image, the rows and the files are all there. */
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".interactive");
  if (!button) {
    return;
  }
  const status = document.querySelector(".loading");
  const load = () =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = button.dataset.library;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "Loading …";
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    try {
      const [response] = await Promise.all([
        fetch(dark ? button.dataset.dark : button.dataset.vega),
        load(),
      ]);
      const drawn = document.querySelector(".drawn-chart");
      const view = document.createElement("div");
      await vegaEmbed(view, await response.json(), {
        actions: false,
        ast: true,
        defaultStyle: false,
        renderer: "svg",
        tooltip: { disableDefaultStyle: true },
      });
      drawn.replaceChildren(view);
      status.textContent = "Point at a mark to read its sentence; follow it to its records.";
      button.remove();
    } catch {
      status.textContent = "The chart could not be made interactive. Its rows are below.";
      button.disabled = false;
    }
  });
});
