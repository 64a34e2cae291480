"use strict";
// What a script adds to pages that work without one.

const A_YEAR = 365 * 24 * 60 * 60;
const remember = (name, value, seconds) => {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${seconds}; samesite=lax`;
};

// The reader's time zone, for the next page. Zone names need no encoding beyond their slash.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `tz=${zone}; path=/; max-age=${A_YEAR}; samesite=lax`;

const announce = (text) => {
  const place = document.getElementById("announcements");
  if (!place || !text) return;
  const line = document.createElement("p");
  line.textContent = text;
  place.append(line);
  setTimeout(() => line.remove(), 10000);
};

// --- Theme: changed in place; the cookie is for the pages to come ---------------------------
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-themes]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  remember("theme", theme, theme ? A_YEAR : 0);
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
});

// --- Language: the page is made anew, with what was typed in it ------------------------------
const TYPED = "main form[method=post] :is(input:not([type=hidden], [type=password]), select, textarea)[name]";
document.addEventListener("submit", (event) => {
  if (event.submitter?.name !== "language") return;
  const typed = [...document.querySelectorAll(TYPED)].map(({ name, value, checked }) => ({ name, value, checked }));
  sessionStorage.setItem("typed", JSON.stringify({ page: location.pathname, typed }));
});
window.addEventListener("DOMContentLoaded", () => {
  const { page, typed } = JSON.parse(sessionStorage.getItem("typed") ?? "{}");
  sessionStorage.removeItem("typed");
  if (page !== location.pathname) return;
  for (const field of document.querySelectorAll(TYPED)) {
    const place = typed.findIndex(({ name }) => name === field.name);
    if (place < 0) continue;
    const [{ value, checked }] = typed.splice(place, 1);
    if (["checkbox", "radio"].includes(field.type)) field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// --- Filters: a choice in a list is enough, and empty fields stay out of the address ---------
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-filters]");
  if (form && event.target.matches("select")) form.requestSubmit();
});
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

// --- Copying: the text of the element that the button names ---------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source ? source.textContent : location.href;
  const word = button.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain http a page may not write to the clipboard: the text is selected instead.
    if (source) getSelection().selectAllChildren(source);
    if (!source || !document.execCommand("copy")) return;
  }
  const before = word.textContent;
  word.textContent = word.dataset.copied;
  announce(word.dataset.copied);
  button.classList.add("copied");
  setTimeout(() => {
    word.textContent = before;
    button.classList.remove("copied");
  }, 1500);
});

// --- Refreshing in place ---------------------------------------------------------------------
// Only what differs is touched, so that focus, selection and opened details stay as they are.
// A part is known again by its id; without one, by its kind and its place.
const counterpart = (child, parent, place) => {
  if (child.id) return parent.querySelector(`:scope > #${CSS.escape(child.id)}`);
  let found = place;
  if (child.nodeType === Node.ELEMENT_NODE) {
    while (found?.nodeType === Node.TEXT_NODE) found = found.nextSibling;
  }
  const alike = found?.nodeName === child.nodeName && !found.id;
  return alike && found.classList?.[0] === child.classList?.[0] ? found : null;
};
const patch = (old, fresh, added) => {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  if (fresh.dataset.said && old.dataset.said !== fresh.dataset.said) announce(fresh.dataset.said);
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  }
  const kept = new Set([...fresh.children].map((child) => child.id));
  for (const child of [...old.children]) if (child.id && !kept.has(child.id)) child.remove();
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const match = counterpart(child, old, place);
    if (!match) {
      old.insertBefore(child, place);
      added.push(child);
      continue;
    }
    while (place?.nodeType === Node.TEXT_NODE && place !== match) {
      const gap = place;
      place = place.nextSibling;
      gap.remove();
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    patch(match, child, added);
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
};

// The tab tells the state too.
const showState = ({ dataset }) => {
  if (!dataset.title) return;
  document.title = dataset.title;
  const icon = document.querySelector("link[rel=icon]");
  icon.href = dataset.favicon;
};

if (window.htmx) {
  htmx.defineExtension("patch", {
    isInlineSwap: (style) => style === "patch",
    handleSwap: (style, target, fragment) => {
      if (style !== "patch") return false;
      const fresh = fragment.querySelector(`#${CSS.escape(target.id)}`);
      if (!fresh) {
        location.reload(); // another page came: most likely the one to sign in again
        return true;
      }
      const added = [];
      patch(target, fresh, added);
      showState(target);
      return added;
    },
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) event.preventDefault();
  });
}
