// The steps so far as a table, and what the step that the reader points at has to do with the others.
"use strict";
window.raceproof = window.raceproof || {};

(function (book) {
  const SVG = "http://www.w3.org/2000/svg";
  const HINT = "Point at a step, or tap it, to see what it must come after, and what it races with.";

  // An element with attributes, listeners and children.
  book.element = function (name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made[key] = value;
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const element = book.element;

  // Text in which a name between back quotes is one.
  book.named = function (text) {
    const parts = text.split("`").map((part, index) => (index % 2 === 0 ? part : element("b", {}, part)));
    return element("span", {}, ...parts);
  };

  function drawn(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // Numbers in words: "step 3", "steps 3, 4 and 6", "steps 1 to 5".
  function steps(numbers) {
    if (numbers.length === 1) return `step ${numbers[0] + 1}`;
    const runs = [];
    for (const number of numbers) {
      const run = runs[runs.length - 1];
      if (run && run[1] + 1 === number) run[1] = number;
      else runs.push([number, number]);
    }
    const parts = runs.flatMap(([from, to]) =>
      (to > from + 1 ? [`${from + 1} to ${to + 1}`] : to > from ? [`${from + 1}`, `${to + 1}`] : [`${from + 1}`]));
    const last = parts.pop();
    return `steps ${parts.length > 0 ? `${parts.join(", ")} and ` : ""}${last}`;
  }

  class History {
    constructor(stage) {
      this.stage = stage;
      this.chosen = null;
      this.root = element("div", {
        class: "rp-history", tabindex: "0", role: "region", "aria-label": "The steps so far",
        onkeydown: (event) => this.key(event), onmouseleave: () => this.show(this.chosen),
      });
      this.said = element("p", { class: "rp-relation", role: "status" });
    }

    // The arrows of the keyboard go from step to step.
    key(event) {
      const rows = this.rows.length;
      const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (event.key === "Escape") this.choose(null);
      else if (move && rows > 0) {
        const from = this.chosen === null ? (move > 0 ? -1 : rows) : this.chosen;
        this.choose(Math.min(rows - 1, Math.max(0, from + move)));
        this.rows[this.chosen].scrollIntoView({ block: "nearest" });
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    choose(step) {
      this.chosen = step;
      this.show(step);
    }

    draw(order) {
      const { graph, walk } = this.stage;
      this.chosen = null;
      this.order = null;
      const trail = walk.trail();
      const preempts = walk.preemptions();
      const head = element("tr", {}, element("th", { scope: "col" }, "step"),
        ...order.map((thread, place) => element("th", { scope: "col", class: `rp-hue-${place % 6}` }, graph.threads[thread])));
      const cell = (told, thread) => element("td", { "data-lane": thread }, ...told.filter((one) => one.thread === thread)
        .map((one) => element("div", {}, element("span", {}, one.text), this.stage.line(one.place))));
      this.rows = trail.map(({ step }, index) => element("tr", {
        class: index === trail.length - 1 ? "rp-last" : null, "data-index": index,
        onmouseenter: () => this.show(index), onclick: () => this.choose(this.chosen === index ? null : index),
      },
      element("th", { scope: "row", title: preempts[index] ? "a preemption: the thread before could have gone on" : null },
        `${index + 1}${preempts[index] ? " »" : ""}`),
      ...order.map((thread) => cell(step.told, thread))));
      const start = graph.start.map((index) => graph.told(index));
      const first = start.length === 0 ? [] : [element("tr", { class: "rp-start" },
        element("th", { scope: "row" }, "start"), ...order.map((thread) => cell(start, thread)))];
      this.arrows = drawn("svg", { class: "rp-arrows", "aria-hidden": "true", width: 0, height: 0 });
      this.root.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...first, ...this.rows)),
        this.arrows);
      this.root.scrollTop = this.root.scrollHeight;
      this.show(null);
    }

    // Shows what a step has to do with the others; nothing of that for none.
    show(step) {
      const { graph, walk } = this.stage;
      this.arrows.replaceChildren();
      this.arrows.setAttribute("height", 0);
      this.stage.point(step === null ? [] : walk.trail()[step].step.told);
      this.root.classList.toggle("rp-related", step !== null);
      for (const row of this.rows) delete row.dataset.is;
      // A single execution does not say what could have been otherwise.
      const is = this.rows.length > 1 && !graph.only;
      this.said.textContent = is ? HINT : "";
      this.said.hidden = !is;
      if (step === null || !is) return;
      this.order = this.order || new book.Order(graph, walk.path);
      const around = this.order.relations(step);
      around.forEach((is, index) => { this.rows[index].dataset.is = is; });
      this.said.textContent = this.words(step, around);
      this.drawArrows(step, around);
    }

    words(step, around) {
      const which = (is) => [...around.keys()].filter((index) => around[index] === is);
      const parts = [];
      const [before, after, race, free] = ["before", "after", "race", "free"].map(which);
      if (before.length > 0) parts.push(`must come after ${steps(before)}`);
      if (after.length > 0) parts.push(`must come before ${steps(after)}`);
      if (race.length > 0) parts.push(`races with ${steps(race)}: the other way round, it is another execution`);
      if (free.length > 0) parts.push(`has nothing to do with ${steps(free)}`);
      return `Step ${step + 1} ${parts.join("; ")}.`;
    }

    // Arrows between threads, to the step from those that come directly before it, and from it likewise.
    drawArrows(step, around) {
      const { order } = this;
      const pairs = order.direct(step).map((one) => [one, step]);
      for (let later = step + 1; later < around.length; later += 1) {
        if (order.direct(later).includes(step)) pairs.push([step, later]);
      }
      around.forEach((is, other) => {
        const pair = [Math.min(step, other), Math.max(step, other)];
        if (is === "race" && !pairs.some(([a, b]) => a === pair[0] && b === pair[1])) pairs.push(pair);
      });
      const frame = this.root.firstChild.getBoundingClientRect();
      this.arrows.setAttribute("width", frame.width);
      this.arrows.setAttribute("height", frame.height);
      for (const [one, other] of pairs) {
        if (order.threads[one] === order.threads[other]) continue;
        this.arrow(this.point(one, frame), this.point(other, frame), order.races(one, other));
      }
    }

    // Where a step stands in the table.
    point(step, frame) {
      const cell = this.rows[step].querySelector(`[data-lane="${this.order.threads[step]}"]`);
      const text = document.createRange();
      text.selectNodeContents(cell.firstElementChild || cell);
      const box = text.getBoundingClientRect();
      return { left: box.left - frame.left, right: box.right - frame.left, y: box.top + box.height / 2 - frame.top };
    }

    arrow(from, to, race) {
      const right = from.left < to.left;
      const [x1, x2] = right ? [from.right + 3, to.left - 4] : [from.left - 3, to.right + 4];
      const middle = (x1 + x2) / 2;
      const kind = race ? "rp-race" : "rp-order";
      this.arrows.append(drawn("path", { class: kind, d: `M${x1},${from.y} C${middle},${from.y} ${middle},${to.y} ${x2},${to.y}` }));
      const head = (x, y, side) => drawn("path", { class: `${kind} rp-head`, d: `M${x},${y} l${-7 * side},-4 l0,8 z` });
      this.arrows.append(head(x2, to.y, right ? 1 : -1));
      if (race) this.arrows.append(head(x1, from.y, right ? -1 : 1));
    }
  }

  book.History = History;
})(window.raceproof);
