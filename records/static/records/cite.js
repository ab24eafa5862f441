/* Copies a citation. Without JavaScript, or where the browser keeps pages from the clipboard, the
   buttons stay hidden and the text can be marked by hand. */
document.addEventListener("DOMContentLoaded", () => {
  if (!navigator.clipboard) {
    return;
  }
  for (const block of document.querySelectorAll(".cite")) {
    const button = block.querySelector("button");
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector(".copied").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = label), 2000);
    });
  }
});
