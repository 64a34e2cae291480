"use strict";
// Exports are taken in by the page, which tells how far they are, and saves none that was cut off.
// Without this the browser saves them unseen.
(() => {
  const told = document.getElementById("export-progress");
  const ENDS = { csv: "\nend,", jsonl: '"end":true', zip: "PK\u0005\u0006" };
  const A_PART = 8e6; // bytes; a part that is put away need not stay in memory
  const END = 200; // so many bytes from the end, the last line has begun

  const tell = (word, bytes) => {
    const [unit, size] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const options = { style: "unit", unit, maximumFractionDigits: 1 };
    const amount = new Intl.NumberFormat(document.documentElement.lang, options);
    told.hidden = false;
    told.textContent = told.dataset[word].replace("#", amount.format(bytes / size));
  };

  const save = (file, answer) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = answer.headers.get("Content-Disposition").match(/filename="(.+)"/)[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  const taken = async (answer) => {
    const parts = [];
    let loose = [];
    let bytes = 0;
    let putAwayAt = 0;
    const putAway = () => {
      parts.push(new Blob(loose));
      loose = [];
    };
    try {
      for await (const piece of pieces(answer.body.getReader())) {
        loose.push(piece);
        bytes += piece.length;
        if (bytes - putAwayAt > A_PART) {
          putAway();
          putAwayAt = bytes;
        }
        tell("underWay", bytes);
      }
    } catch {
      return { bytes, file: null };
    }
    putAway();
    return { bytes, file: new Blob(parts, { type: answer.headers.get("Content-Type") }) };
  };

  async function* pieces(reader) {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }

  // One at a time, for there is one place that tells how far it is.
  let underWay = false;
  const mark = (is) => {
    underWay = is;
    for (const link of document.querySelectorAll("a[data-export]")) link.setAttribute("aria-disabled", String(is));
  };

  const take = async (link) => {
    tell("underWay", 0);
    const answer = await fetch(link.href).catch(() => null);
    if (!answer) return tell("cut", 0);
    // Not a file but a page: of signing in, or of what is wrong with the filters.
    if (!answer.ok || !answer.headers.get("Content-Disposition")) {
      told.hidden = true;
      return location.assign(link.href);
    }
    const { bytes, file } = await taken(answer);
    const end = file ? await file.slice(-END).text() : "";
    if (!end.includes(ENDS[link.dataset.export])) return tell("cut", bytes);
    save(file, answer);
    tell("done", bytes);
  };

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-export]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (underWay) return;
    mark(true);
    try {
      await take(link);
    } finally {
      mark(false);
    }
  });
})();
