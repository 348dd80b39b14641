// What the steps of a path have to do with each other, and how executions differ. Nothing here knows what a step
// means: two steps can be exchanged if the graph has the way around, and both ways lead to one state.
"use strict";
window.raceproof = window.raceproof || {};

(function (book) {
  // The states that a thread's next step leads to from any of these.
  function after(graph, states, thread) {
    const next = new Set();
    for (const state of states) {
      for (const [taker, , , to] of graph.states[state][2]) if (taker === thread) next.add(to);
    }
    return next;
  }

  // A path, with the order that its steps have in every execution that is equivalent.
  class Order {
    constructor(graph, path) {
      this.graph = graph;
      this.states = [0];
      this.edges = path.map((step) => {
        const edge = graph.states[this.states[this.states.length - 1]][2][step];
        this.states.push(edge[3]);
        return edge;
      });
      this.threads = this.edges.map(([thread]) => thread);
      this.pasts = this.edges.map((_, index) => this.pastOf(index));
    }

    // The steps that come before this one however the path is told. Each earlier step is moved behind it, if it can be:
    // if the graph has a way on which it comes later, and which leads to the same state.
    pastOf(last) {
      const block = [last];
      let reached = this.states[last + 1];
      for (let step = last - 1; step >= 0; step -= 1) {
        const around = this.around(step, block, reached);
        if (around === undefined) block.unshift(step);
        else reached = around;
      }
      return new Set(block.slice(0, -1));
    }

    // The state after some later steps without this one, if it can come behind them and lead to the state that is reached.
    around(step, later, reached) {
      const thread = this.threads[step];
      if (later.some((member) => this.threads[member] === thread)) return undefined;
      let without = new Set([this.states[step]]);
      for (const member of later) without = after(this.graph, without, this.threads[member]);
      return [...without].find((state) => after(this.graph, [state], thread).has(reached));
    }

    // Whether two steps race: the later one could have come first, and so it is with no step between that comes after
    // the earlier one.
    races(earlier, later) {
      const last = (step) => step > earlier && this.pasts[step].has(earlier) && this.reversible(step, later);
      return this.reversible(earlier, later) && ![...this.pasts[later]].some(last);
    }

    // Whether a step could have come before this earlier one: everything that does not come after the earlier one is
    // done, and then the thread of the later one can take that step.
    reversible(earlier, later) {
      const thread = this.threads[later];
      if (!this.pasts[later].has(earlier) || this.threads[earlier] === thread) return false;
      let states = new Set([this.states[earlier]]);
      for (let between = earlier + 1; between < later; between += 1) {
        const follows = this.pasts[between].has(earlier);
        if (follows && this.threads[between] === thread) return false;
        if (!follows) states = after(this.graph, states, this.threads[between]);
      }
      return after(this.graph, states, thread).size > 0;
    }

    // The steps that come before this one with none between.
    direct(step) {
      const past = [...this.pasts[step]];
      return past.filter((one) => !past.some((other) => this.pasts[other].has(one)));
    }

    // What a step has to do with each of the others.
    relations(step) {
      return this.edges.map((_, other) => {
        const [first, second] = other < step ? [other, step] : [step, other];
        if (first === second) return "self";
        if (this.races(first, second)) return "race";
        if (!this.pasts[second].has(first)) return "free";
        return other < step ? "before" : "after";
      });
    }
  }

  // One of the executions: a path to an end, with its steps known by their thread and number.
  function execution(graph, path, end) {
    const order = new Order(graph, path);
    const counts = new Map();
    const at = new Map();
    const keys = order.threads.map((thread, index) => {
      const count = counts.get(thread) || 0;
      counts.set(thread, count + 1);
      at.set(`${thread}.${count}`, index);
      return `${thread}.${count}`;
    });
    return { end, path, order, keys, at };
  }

  // A path to each end.
  function executions(graph) {
    const from = new Map([[0, null]]);
    const found = [];
    const todo = [0];
    for (const state of todo) {
      if (graph.end(state)) found.push(state);
      graph.states[state][2].forEach(([, , , to], step) => {
        if (from.has(to)) return;
        from.set(to, [state, step]);
        todo.push(to);
      });
    }
    return found.map((end) => {
      const path = [];
      for (let way = from.get(end); way; way = from.get(way[0])) path.unshift(way[1]);
      return execution(graph, path, end);
    });
  }

  // What a step does, whatever it finds there, and where.
  function does(graph, { order }, index) {
    const thread = order.threads[index];
    const stands = graph.standing(order.states[index]).find((one) => one.thread === thread);
    return { thread, text: stands ? stands.does : "", place: stands ? stands.place : -1 };
  }

  function told(graph, { order }, index) {
    const [thread, , , , all] = order.edges[index];
    const text = all.map((one) => graph.told(one)).filter((one) => one.thread === thread).map((one) => one.text)[0] || "";
    return text.replace(/, (though|behind) .*$/, "");
  }

  function grouped(all, name) {
    const groups = new Map();
    for (const one of all) {
      const key = name(one);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(one);
    }
    return groups;
  }

  // Which of two steps comes first in an execution: "1", "2", or nothing if neither must.
  function first(one, other) {
    return (run) => {
      const [a, b] = [run.at.get(one), run.at.get(other)];
      if (a === undefined && b === undefined) return "";
      if (b === undefined || (a !== undefined && run.order.pasts[b].has(a))) return "1";
      if (a === undefined || run.order.pasts[a].has(b)) return "2";
      return "";
    };
  }

  // The questions by which executions can be told apart, in the order of the steps of each of them.
  function* questions(graph, runs) {
    for (const run of runs) {
      for (let step = 0; step < run.keys.length; step += 1) {
        for (let earlier = 0; earlier < step; earlier += 1) {
          if (!run.order.races(earlier, step)) continue;
          const steps = [does(graph, run, earlier), does(graph, run, step)];
          yield { steps, name: first(run.keys[earlier], run.keys[step]) };
        }
        yield alternatives(graph, run, step);
      }
    }
    // What no step tells apart, the values at the end may.
    const values = ({ end }) => graph.shown(end).map(({ object, value }) => `${graph.objects[object]} = ${value}`).join(", ");
    yield { steps: [], name: (run) => `=${values(run)}`, tell: values };
  }

  // Which of several things a step does.
  function alternatives(graph, run, step) {
    const key = run.keys[step];
    const label = (other, at) => (graph.memory === "c11" ? told(graph, other, at) : graph.text(other.order.edges[at][1]));
    const of = (other, tell) => (other.at.has(key) ? tell(other, other.at.get(key)) : "");
    return {
      steps: [does(graph, run, step)],
      name: (other) => of(other, (one, at) => `=${label(one, at)}`),
      tell: (other) => of(other, (one, at) => told(graph, one, at)),
    };
  }

  // The tree of some executions: a leaf, or a question with a branch for each answer.
  function branch(graph, runs) {
    if (runs.length === 1) return { leaf: runs[0] };
    let second = null;
    for (const question of questions(graph, runs)) {
      const groups = grouped(runs, question.name);
      if (groups.size < 2) continue;
      if (!groups.has("")) return split(graph, question, groups);
      second = second || { question, groups };
    }
    if (second) return split(graph, second.question, second.groups);
    // They differ in nothing that the steps say.
    return { steps: [], branches: runs.map((run) => ({ answer: "", node: { leaf: run } })) };
  }

  function split(graph, { steps, tell }, groups) {
    // What says neither comes last.
    const rank = ([answer]) => answer || "~";
    const branches = [...groups].sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
      .map(([answer, runs]) => ({ answer, told: tell ? tell(runs[0]) : null, node: branch(graph, runs) }));
    return { steps, branches };
  }

  // The tree of all executions of a graph with at most so many.
  book.tree = (graph, most) => (graph.ends > 1 && graph.ends <= most ? branch(graph, executions(graph)) : null);

  // The ends that can be reached from each state.
  book.reach = (graph) => {
    const known = new Map();
    const of = (state) => {
      if (!known.has(state)) {
        const ends = new Set(graph.end(state) ? [state] : []);
        for (const [, , , to] of graph.states[state][2]) for (const end of of(to)) ends.add(end);
        known.set(state, ends);
      }
      return known.get(state);
    };
    return of;
  };

  book.Order = Order;
})(window.raceproof);
