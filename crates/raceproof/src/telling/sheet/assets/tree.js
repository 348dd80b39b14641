// The tree of all executions that are not equivalent, where they are few enough to be seen.
"use strict";
window.raceproof = window.raceproof || {};

(function (book) {
  const MOST = 60;

  class Tree {
    constructor(stage) {
      this.stage = stage;
      this.leaves = [];
      this.root = null;
      const { graph } = stage;
      if (graph.ends < 2 || graph.ends > MOST) return;
      this.body = book.element("div", { class: "rp-branches", tabindex: "0", role: "region", "aria-label": "The tree" });
      this.root = book.element("details", { class: "rp-tree", ontoggle: () => this.open() },
        book.element("summary", {}, `The tree of all ${graph.ends} interleavings`), this.body);
    }

    // It is found out when it is asked for.
    open() {
      if (!this.root.open || this.leaves.length > 0) return;
      this.reach = book.reach(this.stage.graph);
      this.body.append(
        book.element("p", {}, "Each branch says which of two steps comes first, or which of several things a step does. "
          + "What the stage can still come to is bright. Press a leaf, and the stage plays its execution."),
        this.list(book.tree(this.stage.graph, MOST)));
      this.draw();
    }

    list({ steps, branches }) {
      return book.element("ul", {}, ...branches.map((branch) => {
        const question = this.answer(steps, branch);
        const { node } = branch;
        return node.leaf ? book.element("li", {}, question, this.leaf(node.leaf)) : book.element("li", {}, question, this.list(node));
      }));
    }

    step({ thread, text, place }) {
      const { graph } = this.stage;
      const lane = this.stage.walk.order().indexOf(thread);
      return book.element("span", { class: "rp-event" },
        book.element("b", { class: `rp-hue-${(lane < 0 ? thread : lane) % 6}` }, graph.threads[thread]), ` ${text}`, this.stage.line(place));
    }

    // A branch: what is so in all of its leaves.
    answer(steps, { answer, told }) {
      if (answer === "" && steps.length > 0) return book.element("span", {}, "neither");
      if (steps.length === 2) {
        const [one, other] = answer === "1" ? steps : [...steps].reverse();
        return book.element("span", {}, this.step(one), " before ", this.step(other));
      }
      if (steps.length === 1) return this.step({ ...steps[0], text: told || steps[0].text });
      return book.element("span", {}, told ? `in the end ${told}` : "the same values, from other writes");
    }

    leaf({ end, path }) {
      const ends = this.stage.graph.end(end);
      const text = ends.fails ? `✗ ${ends.kind}: ${ends.message}` : `✓ ends well${ends.outcome ? `: ${ends.outcome}` : ""}`;
      const button = book.element("button", {
        type: "button", class: `rp-leaf ${ends.fails ? "rp-bad" : "rp-good"}`, onclick: () => this.stage.show(path),
      }, book.named(text));
      this.leaves.push({ end, button });
      return button;
    }

    draw() {
      if (!this.root || this.leaves.length === 0) return;
      const { graph, walk, id } = this.stage;
      const open = this.reach(walk.state);
      const { met } = book.progress.of(id);
      for (const { end, button } of this.leaves) {
        button.classList.toggle("rp-off", !open.has(end));
        button.classList.toggle("rp-met", met.has(end));
        button.setAttribute("aria-current", String(end === walk.state));
        button.title = met.has(end) ? "you have met it" : "you have not met it";
      }
      for (const item of this.body.querySelectorAll("li")) {
        item.classList.toggle("rp-off", !item.querySelector(".rp-leaf:not(.rp-off)"));
      }
      const summary = `The tree of all ${graph.ends} interleavings`;
      this.root.firstChild.textContent = walk.path.length === 0 ? summary : `${summary}: ${open.size} still possible`;
    }
  }

  book.Tree = Tree;
})(window.raceproof);
