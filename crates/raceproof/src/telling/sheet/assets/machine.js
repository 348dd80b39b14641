// A walk through the graph of states that the explorer has exported. Nothing here knows what a step means:
// each state says which steps there are, in which words, and where they lead.
"use strict";
window.raceproof = window.raceproof || {};

(function (book) {
  // One variant's graph, unpacked.
  class Graph {
    constructor(data) {
      Object.assign(this, data);
    }

    text(index) {
      return index < 0 ? "" : this.texts[index];
    }

    // The threads that have something to do in a state.
    standing(state) {
      return this.states[state][0].map((index) => {
        const [thread, does, waits, place] = this.stands[index];
        return { thread, does: this.text(does), waits: this.text(waits), place };
      });
    }

    shown(state) {
      return this.states[state][1].map((index) => {
        const [object, value, note] = this.shows[index];
        return { object, value: this.text(value), note: this.text(note) };
      });
    }

    steps(state) {
      return this.states[state][2].map(([thread, sign, flags, to, told, started]) => ({
        thread,
        sign: this.text(sign),
        wakes: (flags & 1) !== 0,
        givesWay: (flags & 2) !== 0,
        to,
        told: told.map((index) => this.told(index)),
        started: started || [],
      }));
    }

    told(index) {
      const [thread, text, place] = this.tolds[index];
      return { thread, text: this.text(text), place };
    }

    end(state) {
      const end = this.states[state][3];
      return end === undefined ? null : this.endTable[end];
    }
  }

  // A path through a graph, with what was undone.
  class Walk {
    constructor(graph) {
      this.graph = graph;
      this.restart();
    }

    restart() {
      this.path = [];
      this.undone = [];
    }

    // The states on the way, with the step that was taken in each.
    trail() {
      let state = 0;
      return this.path.map((step) => {
        const taken = { state, step: this.graph.steps(state)[step] };
        state = taken.step.to;
        return taken;
      });
    }

    get state() {
      let state = 0;
      for (const step of this.path) state = this.graph.states[state][2][step][3];
      return state;
    }

    take(step) {
      const same = this.undone.length > 0 && this.undone[this.undone.length - 1] === step;
      if (same) this.undone.pop();
      else this.undone = [];
      this.path.push(step);
    }

    undo() {
      if (this.path.length > 0) this.undone.push(this.path.pop());
    }

    redo() {
      if (this.undone.length > 0) this.path.push(this.undone.pop());
    }

    // Goes on to the end, with the thread of the last step for as long as that can go on.
    finish() {
      for (let taken = 0; taken < 10000; taken += 1) {
        const steps = this.graph.steps(this.state);
        if (steps.length === 0) return;
        const last = this.last();
        const own = steps.findIndex((step) => step.thread === last && !step.givesWay);
        this.take(own < 0 ? 0 : own);
      }
    }

    last() {
      const trail = this.trail();
      return trail.length === 0 ? 0 : trail[trail.length - 1].step.thread;
    }

    // Which of the steps of a path preempt a thread that could have gone on.
    preemptions() {
      if (this.graph.only) return this.path.map((_, step) => this.graph.preempted.includes(step));
      let last = 0;
      return this.trail().map(({ state, step }) => {
        const goesOn = this.graph.steps(state).some((s) => s.thread === last && !s.givesWay);
        const preempts = step.thread !== last && !step.givesWay && goesOn;
        last = step.thread;
        return preempts;
      });
    }

    // The threads in the order in which they were started.
    order() {
      const order = [0, ...this.graph.started];
      for (const { step } of this.trail()) order.push(...step.started);
      return order;
    }

    // The schedule of the path, as the explorer writes it.
    schedule() {
      const order = [0, ...this.graph.started];
      const parts = [];
      for (const { step } of this.trail()) {
        let sign = step.sign;
        if (step.wakes && /^:\d+$/.test(sign)) {
          const place = order.indexOf(Number(sign.slice(1)));
          sign = place === 0 ? "" : `:${place}`;
        }
        parts.push(order.indexOf(step.thread) + sign);
        order.push(...step.started);
      }
      const runs = [];
      for (const part of parts) {
        const run = runs[runs.length - 1];
        if (run && run.part === part) run.count += 1;
        else runs.push({ part, count: 1 });
      }
      const text = runs.map(({ part, count }) => (count > 1 ? `${part}*${count}` : part)).join(".");
      return this.graph.memory === "c11" && text ? `c11.${text}` : text;
    }

    // Follows a schedule as far as it goes. Returns whether all of it could be followed.
    follow(schedule) {
      this.restart();
      const parts = schedule.split(".").filter((part) => part !== "" && part !== "c11");
      for (const part of parts) {
        const match = /^(\d+)(:[^*]+)?(?:\*(\d+))?$/.exec(part);
        if (!match) return false;
        const count = Math.min(Number(match[3] || 1), 10000);
        for (let nth = 0; nth < count; nth += 1) {
          if (!this.followOne(Number(match[1]), match[2] || "")) return false;
        }
      }
      return true;
    }

    followOne(place, sign) {
      const order = this.order();
      const thread = order[place];
      const steps = this.graph.steps(this.state);
      const fits = (step) => {
        if (step.thread !== thread) return false;
        if (!step.wakes || !/^(:\d+)?$/.test(step.sign)) return step.sign === sign;
        const wanted = order[sign === "" ? 0 : Number(sign.slice(1))];
        return Number(step.sign.slice(1) || 0) === wanted;
      };
      const index = steps.findIndex(fits);
      if (index >= 0) this.take(index);
      return index >= 0;
    }
  }

  // Unpacks what a data file holds: JSON, deflated, in base 64.
  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Graph(JSON.parse(await new Response(stream).text()));
  }

  const waiting = new Map();
  const loaded = new Map();

  // A data file calls this. (A page that was opened as a file may load scripts, and nothing else.)
  book.data = function (id, packed) {
    const resolve = waiting.get(id);
    if (resolve) resolve(packed);
  };

  // Loads the graph of a variant, once.
  book.load = function (id, url) {
    // A page of its own has its graph in it.
    if (book.inline && book.inline[id]) return Promise.resolve(new Graph(book.inline[id]));
    if (!loaded.has(id)) loaded.set(id, fetchScript(id, url).then(unpack));
    return loaded.get(id);
  };

  function fetchScript(id, url) {
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      const script = document.createElement("script");
      script.src = url;
      script.onerror = () => reject(new Error(`${url} cannot be loaded`));
      document.head.append(script);
    });
  }

  book.Walk = Walk;
  book.Graph = Graph;
})(window.raceproof);
