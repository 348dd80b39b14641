// What the reader has done so far, kept in the browser: for each variant the ends that were met, and the fewest
// preemptions with which it was broken.
"use strict";
window.raceproof = window.raceproof || {};

(function (book) {
  const KEY = "raceproof-book";

  function read() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  }

  function write(all) {
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // Without storage the page works, and remembers nothing.
    }
  }

  book.progress = {
    of(id) {
      const { met = [], broken = null } = read()[id] || {};
      return { met: new Set(met), broken };
    },
    note(id, state, preemptions) {
      const all = read();
      const { met = [], broken = null } = all[id] || {};
      if (!met.includes(state) && met.length < 2000) met.push(state);
      const best = preemptions === null ? broken : Math.min(preemptions, broken ?? Infinity);
      all[id] = { met, broken: best };
      write(all);
    },
    clear() {
      try {
        localStorage.removeItem(KEY);
      } catch {
        // There is nothing to forget.
      }
    },
  };

  // Marks the links to what was broken, and offers to forget it.
  function mark() {
    const all = read();
    for (const link of document.querySelectorAll("a[data-variant]")) {
      const { met = [], broken = null } = all[link.dataset.variant] || {};
      link.classList.toggle("rp-broken", broken !== null);
      link.classList.toggle("rp-visited", met.length > 0 && broken === null);
    }
    for (const button of document.querySelectorAll("button[data-forget]")) {
      button.hidden = Object.keys(all).length === 0;
      button.onclick = () => {
        book.progress.clear();
        mark();
      };
    }
  }

  document.addEventListener("DOMContentLoaded", mark);
})(window.raceproof);
