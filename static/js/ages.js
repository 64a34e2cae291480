"use strict";
// Ages go on by themselves, so that a page that has not changed need not be sent again.
(() => {
  const tell = () => {
    for (const time of document.querySelectorAll("time[data-age]")) {
      const place = time.closest("[data-ages]");
      if (!place) continue;
      const [now, minutes, hours, days] = place.dataset.ages.split("|");
      const age = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
      const text = age < 1 ? now
        : age < 60 ? minutes.replace("#", age)
        : age < 48 * 60 ? hours.replace("#", Math.floor(age / 60))
        : days.replace("#", Math.floor(age / 1440));
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(() => { if (!document.hidden) tell(); }, 15000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tell(); });
})();
