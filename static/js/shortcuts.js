"use strict";
// Keys for those who want them. The page that lists them, /shortcuts/, can switch them off: then
// this file is not loaded.
(() => {
  const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
  const BETWEEN_KEYS = 1500; // milliseconds in which a second key belongs to the first
  let before = { key: "", at: 0 };

  const step = (by) => {
    const names = [...document.querySelectorAll("main a.name")];
    const here = document.activeElement;
    const at = names.findIndex((name) => name.closest("tr, li").contains(here));
    const to = at < 0 ? (by > 0 ? 0 : names.length - 1) : at + by;
    names[to]?.focus();
  };

  const showSheet = async () => {
    const link = document.getElementById("shortcuts-link");
    if (document.getElementById("shortcuts")) return;
    const page = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
    const sheet = page.getElementById("shortcuts");
    if (!sheet) return location.assign(link.href); // the session has ended
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "shortcuts-heading");
    dialog.setAttribute("closedby", "any");
    dialog.append(sheet);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  const press = (keys) => {
    const link = document.querySelector(`[data-keys="${CSS.escape(keys)}"]`);
    if (link) link.click();
    else if (keys === "j") step(1);
    else if (keys === "k") step(-1);
    else if (keys === "?") showSheet();
    else if (keys === "/") {
      const search = document.querySelector("main input[type=search]");
      if (!search) return false;
      search.focus();
      search.select();
    } else return false;
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || key.length !== 1) return;
    if (target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    if (event.repeat && !["j", "k"].includes(key)) return;
    const follows = event.timeStamp - before.at < BETWEEN_KEYS;
    const done = (follows && press(`${before.key} ${key}`)) || press(key);
    before = { key: done ? "" : key, at: event.timeStamp };
    if (done) event.preventDefault();
  });
})();
