"use strict";
// Selecting rows of the list. The buttons work without this; it counts and selects all.
(() => {
  const form = document.getElementById("selection");
  const boxes = () => [...form.querySelectorAll("input[name=job]")];
  const word = form.querySelector("[data-picked]");
  const tell = () => {
    const picked = boxes().filter((box) => box.checked).length;
    if (word) word.textContent = word.dataset.picked.replace("#", picked);
    const all = form.querySelector("[data-pick-all]");
    if (all) {
      all.checked = picked > 0 && picked === boxes().length;
      all.indeterminate = picked > 0 && !all.checked;
    }
  };
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    tell();
  });
  // A download leaves the page as it is.
  window.addEventListener("pageshow", tell);
  document.addEventListener("htmx:afterSettle", tell);
})();
