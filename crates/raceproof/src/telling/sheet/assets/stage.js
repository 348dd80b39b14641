// The stage of a variant: lanes, objects, what may come next, and what has been done.
"use strict";

(function (book) {
  const { element, named } = book;

  const plural = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

  class Stage {
    constructor(root, graph) {
      this.root = root;
      this.id = root.dataset.variant;
      this.anchor = root.dataset.anchor;
      this.graph = graph;
      this.walk = new book.Walk(graph);
      this.playing = null;
      this.notice = "";
      this.code = document.getElementById(root.dataset.code);
      this.build();
    }

    build() {
      const button = (name, label, title, action) =>
        element("button", { type: "button", class: "rp-control", "data-do": name, title, onclick: action }, label);
      this.status = element("p", { class: "rp-status", role: "status", "aria-live": "polite" });
      this.lanes = element("div", { class: "rp-lanes" });
      this.objects = element("ul", { class: "rp-objects", "aria-label": "Objects" });
      this.history = new book.History(this);
      this.tree = new book.Tree(this);
      this.controls = element("div", { class: "rp-controls" },
        button("undo", "Undo", "one step back (u)", () => this.undo()),
        button("redo", "Redo", "the step again (r)", () => this.redo()),
        button("restart", "Restart", "back to the start (0)", () => this.restart()),
        button("finish", "Run to the end", "each thread for as long as it can go on (e)", () => this.finish()),
        this.graph.best
          ? button("shortest", this.graph.only ? "Play the failure" : "Play the shortest failure", "one step at a time (s)", () => this.playShortest())
          : null);
      this.root.replaceChildren(...[this.status, this.lanes, this.objects, this.controls, this.history.root, this.history.said,
        this.tree.root].filter(Boolean));
      this.root.addEventListener("keydown", (event) => this.key(event));
      this.root.classList.add("rp-ready");
      this.draw();
    }

    // The keyboard: a thread's number takes its step.
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const actions = {
        u: () => this.undo(), r: () => this.redo(), 0: () => this.restart(), e: () => this.finish(),
        s: () => this.graph.best && this.playShortest(),
      };
      if (actions[event.key]) actions[event.key]();
      else if (/^[1-9]$/.test(event.key)) this.press(Number(event.key) - 1);
      else {
        // The book's own keys turn pages.
        if (["ArrowLeft", "ArrowRight"].includes(event.key)) event.stopPropagation();
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    }

    press(place) {
      const thread = this.walk.order()[place];
      const steps = this.graph.steps(this.walk.state);
      const own = steps.map((step, index) => ({ step, index })).filter(({ step }) => step.thread === thread);
      if (own.length === 1) return this.take(own[0].index);
      if (own.length > 1) this.root.querySelector(`[data-step="${own[0].index}"]`).focus();
      return undefined;
    }

    take(step) {
      this.playing = null;
      this.notice = "";
      this.walk.take(step);
      this.moved();
    }

    undo() {
      this.playing = null;
      this.walk.undo();
      this.moved();
    }

    redo() {
      this.walk.redo();
      this.moved();
    }

    restart() {
      this.playing = null;
      this.notice = "";
      this.walk.restart();
      this.moved();
    }

    finish() {
      this.playing = null;
      this.notice = "";
      this.walk.finish();
      this.moved();
    }

    // The shortest failure, one step at each press.
    playShortest() {
      const best = this.graph.best;
      const done = this.walk.path;
      const on = done.length < best.length && done.every((step, index) => step === best[index]);
      if (!on) this.walk.restart();
      this.playing = true;
      this.notice = "";
      this.walk.take(best[this.walk.path.length]);
      this.moved();
    }

    // Plays a whole execution, that of a leaf of the tree.
    show(path) {
      this.playing = true;
      this.notice = "";
      this.walk.restart();
      for (const step of path) this.walk.take(step);
      this.moved();
    }

    moved() {
      const end = this.graph.end(this.walk.state);
      if (end) {
        const preemptions = this.walk.preemptions().filter(Boolean).length;
        const own = end.fails && !this.playing ? preemptions : null;
        book.progress.note(this.id, this.walk.state, own);
      }
      const schedule = this.graph.only ? "" : this.walk.schedule();
      history.replaceState(null, "", `#${this.anchor}${schedule ? `/${schedule}` : ""}`);
      this.draw();
    }

    open(schedule) {
      if (this.walk.follow(schedule)) this.notice = "";
      else {
        this.walk.restart();
        this.notice = "There is no such schedule of this program, so this is the start.";
      }
      this.draw();
    }

    draw() {
      const steps = this.graph.steps(this.walk.state);
      const standing = this.graph.standing(this.walk.state);
      const order = this.walk.order();
      const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset : null;
      this.drawStatus();
      this.lanes.replaceChildren(...order.map((thread, place) =>
        this.lane(thread, place, steps, standing.find((one) => one.thread === thread))));
      this.drawObjects();
      this.history.draw(order);
      this.tree.draw();
      this.drawCode(standing);
      for (const control of this.controls.children) {
        const name = control.dataset.do;
        control.disabled =
          ((name === "undo" || name === "restart") && this.walk.path.length === 0)
          || (name === "redo" && this.walk.undone.length === 0)
          || (name === "finish" && steps.length === 0);
      }
      if (focused && !this.root.contains(document.activeElement)) this.focusAgain(focused);
    }

    focusAgain({ thread, do: name }) {
      const same = thread !== undefined
        ? this.root.querySelector(`.rp-step[data-thread="${thread}"]:not([disabled])`)
        : this.root.querySelector(`[data-do="${name}"]:not([disabled])`);
      (same || this.root.querySelector(".rp-step:not([disabled])") || this.root).focus();
    }

    drawStatus() {
      const end = this.graph.end(this.walk.state);
      const preemptions = this.walk.preemptions().filter(Boolean).length;
      const { met, broken } = book.progress.of(this.id);
      const parts = [];
      this.status.className = "rp-status";
      if (this.notice) parts.push(this.notice);
      if (end && end.fails) {
        this.status.classList.add("rp-bad");
        const shortest = this.graph.memory === "sc" && !this.graph.only ? ` You: ${preemptions}, fewest possible: ${this.graph.fewest}.` : "";
        parts.push(element("strong", {}, named(`${end.kind}: ${end.message}`), end.at ? ` (${end.at})` : ""), ` ${plural(preemptions, "preemption")}.${shortest}`);
      } else if (end) {
        this.status.classList.add("rp-good");
        parts.push(end.outcome ? `The execution ends well: ${end.outcome}.` : "The execution ends well.");
      } else if (this.graph.only) {
        parts.push("This is the failing execution, step by step.");
      } else if (this.walk.path.length === 0 && !this.notice) {
        parts.push(this.graph.best
          ? "You are the scheduler: choose which thread takes its next step, and make it go wrong."
          : "You are the scheduler: choose which thread takes its next step, and try to make it go wrong.");
      } else if (preemptions > 0) parts.push(`${plural(preemptions, "preemption")} so far.`);
      else parts.push("No preemption so far.");
      const { ends, failing } = this.graph;
      const seen = `You have met ${met.size} of them.`;
      const all = plural(ends, "inequivalent interleaving");
      const holds = failing === 0
        ? ` ${all}, all explored: it holds. ${seen}`
        : ` ${all}; ${ends === 1 ? "it goes" : failing === ends ? "all of them go" : `${failing.toLocaleString("en")} of them go${failing === 1 ? "es" : ""}`} wrong. ${seen}`;
      if (this.graph.only) {
        this.status.replaceChildren(...parts, element("span", { class: "rp-count" }, `The program's other executions are not on this page: ${this.graph.only}.`));
        return;
      }
      const best = broken !== null && !(end && end.fails) ? ` Your best: ${plural(broken, "preemption")}.` : "";
      this.status.replaceChildren(...parts, element("span", { class: "rp-count" }, holds + best));
    }

    lane(thread, place, steps, standing) {
      const own = steps.map((step, index) => ({ step, index })).filter(({ step }) => step.thread === thread);
      const name = this.graph.threads[thread];
      const lane = element("section", { class: `rp-lane rp-hue-${place % 6}`, "data-lane": thread, "aria-label": name },
        element("h4", { class: "rp-name" }, place < 9 ? element("kbd", {}, String(place + 1)) : null, ` ${name}`));
      if (!standing) {
        lane.classList.add("rp-over");
        lane.append(element("p", { class: "rp-waits" }, "has ended"));
      } else if (own.length === 0) {
        lane.classList.add("rp-blocked");
        lane.append(
          element("button", { type: "button", class: "rp-step", disabled: true, "data-thread": thread },
            standing.does, this.line(standing.place)),
          element("p", { class: "rp-waits" }, named(standing.waits || "can go no further")));
      } else if (own.length === 1) {
        lane.append(this.button(own[0].index, thread, standing.does, standing.place));
      } else {
        lane.append(element("p", { class: "rp-waits" }, `${standing.does}. You choose:`),
          ...own.map(({ step, index }) => {
            const told = step.told.length > 0 ? step.told[0].text : standing.does;
            return this.button(index, thread, told, standing.place);
          }));
      }
      return lane;
    }

    button(index, thread, does, place) {
      return element("button", {
        type: "button", class: "rp-step", "data-step": index, "data-thread": thread, onclick: () => this.take(index),
      }, does, this.line(place));
    }

    line(place) {
      if (place < 0 || place === undefined) return null;
      const [, line] = this.graph.places[place];
      return element("span", { class: "rp-place" }, ` :${line}`);
    }

    drawObjects() {
      const trail = this.walk.trail();
      const before = trail.length > 0 ? this.graph.shown(trail[trail.length - 1].state) : [];
      const shown = this.graph.shown(this.walk.state);
      this.objects.replaceChildren(...shown.map(({ object, value, note }) => {
        const old = before.find((one) => one.object === object);
        const changed = old && (old.value !== value || old.note !== note);
        return element("li", { class: changed ? "rp-object rp-changed" : "rp-object" },
          element("b", {}, this.graph.objects[object]), value ? ` = ${value}` : "",
          note ? element("small", {}, ` ${note}`) : null);
      }));
      this.objects.hidden = shown.length === 0;
    }

    lineOf(place) {
      if (!this.code || place < 0 || place === undefined) return null;
      const [file, line] = this.graph.places[place];
      return this.code.querySelector(`[data-file="${CSS.escape(file)}"] > [data-line="${line}"]`);
    }

    // Marks the lines at which the threads stand.
    drawCode(standing) {
      if (!this.code) return;
      for (const line of this.code.querySelectorAll(".rp-here")) line.classList.remove("rp-here");
      for (const mark of this.code.querySelectorAll(".rp-marks")) mark.remove();
      const order = this.walk.order();
      for (const { thread, place } of standing) {
        const line = this.lineOf(place);
        if (!line) continue;
        line.classList.add("rp-here");
        if (!line.querySelector(".rp-marks")) line.prepend(element("span", { class: "rp-marks" }));
        line.querySelector(".rp-marks").append(
          element("span", { class: `rp-mark rp-hue-${order.indexOf(thread) % 6}`, title: this.graph.threads[thread] },
            String(order.indexOf(thread) + 1)));
      }
      const moved = standing.find(({ thread }) => thread === this.walk.last()) || standing[0];
      const line = (moved && this.lineOf(moved.place)) || this.code.querySelector(".rp-here");
      if (line) this.code.scrollTop = Math.max(0, line.offsetTop - this.code.clientHeight / 2);
    }

    point(told) {
      if (!this.code) return;
      for (const line of this.code.querySelectorAll(".rp-pointed")) line.classList.remove("rp-pointed");
      for (const { place } of told) {
        const line = this.lineOf(place);
        if (line) line.classList.add("rp-pointed");
      }
    }
  }

  const stages = new Map();

  // Makes the stage of a variant, once.
  function prepare(root) {
    if (!stages.has(root)) {
      const made = book.load(root.dataset.variant, root.dataset.graph)
        .then((graph) => new Stage(root, graph))
        .catch((error) => {
          root.replaceChildren(element("p", { class: "rp-status rp-bad" }, `The stage cannot be shown: ${error.message}.`));
          return null;
        });
      stages.set(root, made);
    }
    return stages.get(root);
  }

  // Opens what the address asks for: `#variant/schedule`.
  async function open() {
    const [anchor, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
    if (!anchor) return;
    const root = document.querySelector(`.rp-stage[data-anchor="${CSS.escape(anchor)}"]`);
    if (!root) return;
    const stage = await prepare(root);
    if (!stage) return;
    if (rest.length > 0) {
      stage.open(rest.join("/"));
      root.closest(".rp-variant").scrollIntoView();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    // The page that is printed has them all, and shows executions in their place.
    if (document.body.dataset.print !== undefined || /print\.html$/.test(location.pathname)) return;
    document.documentElement.classList.add("rp-live");
    const seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) prepare(target);
    }, { rootMargin: "400px" });
    for (const root of document.querySelectorAll(".rp-stage[data-graph]")) seen.observe(root);
    window.addEventListener("hashchange", open);
    open();
  });
})(window.raceproof);
