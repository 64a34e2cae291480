// Comforts of the import form. The server counts, splits and compares too, so that the form
// works the same without them.
(() => {
  const form = document.getElementById("import-form");
  const { bucket_name: bucket, object_key: path, display_name: name, form_token: token } = form.elements;
  const address = /^\s*oss:\/\/([^/\s]+)\/?(\S.*)?$/i;

  const count = () => {
    const output = form.querySelector(".count");
    const length = [...name.value.trim()].length; // code points, as DashScope counts
    output.firstElementChild.textContent = length;
    output.classList.toggle("over", length > Number(output.dataset.most));
  };

  const markChanges = () => {
    for (const field of form.querySelectorAll("[data-was]")) {
      const input = field.querySelector("input:checked, input:not([type=radio]), select");
      const unchanged = (input ? input.value.trim() : "") === field.dataset.was;
      for (const mark of field.querySelectorAll(".changed, .was")) mark.hidden = unchanged;
    }
  };

  // What a different field holds is never overwritten: then the server says so at the field.
  const split = (input) => {
    const found = address.exec(input.value);
    if (!found) return;
    const [, pastedBucket, pastedPath = ""] = found;
    const [other, pasted] = input === path ? [bucket, pastedBucket] : [path, pastedPath];
    if (other.value.trim() && pasted && other.value.trim() !== pasted) return;
    bucket.value = pastedBucket;
    path.value = input === path ? pastedPath : pastedPath || path.value;
    const note = form.querySelector(".split");
    note.textContent = note.dataset.pattern
      .replace("%(bucket)s", () => pastedBucket)
      .replace("%(path)s", () => path.value || "/");
    note.hidden = false;
    form.dispatchEvent(new Event("input")); // the preview listens
  };

  // An earlier import's fields come in beside what was typed already.
  document.querySelector(".presets")?.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    for (const [field, value] of new URL(link.href).searchParams) form.elements[field].value = value;
    form.dispatchEvent(new Event("input"));
    event.currentTarget.open = false;
    path.focus();
  });

  form.addEventListener("input", (event) => {
    const pasted = ["insertFromPaste", "insertFromDrop"].includes(event.inputType);
    if (pasted && [bucket, path].includes(event.target)) split(event.target);
    count();
    markChanges();
  });
  form.addEventListener("change", (event) => {
    if ([bucket, path].includes(event.target)) split(event.target);
  });
  // Where the session has ended, another page comes in place of the preview: what was typed is
  // worth more than either.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "preview" && !event.detail.serverResponse.includes('id="preview"')) {
      event.detail.shouldSwap = false;
    }
  });
  // A browser that goes back fills the fields in again, and they are the same form as before.
  window.addEventListener("pageshow", () => {
    if (history.state?.formToken) token.value = history.state.formToken;
    else history.replaceState({ ...history.state, formToken: token.value }, "");
    count();
    markChanges();
  });
})();
