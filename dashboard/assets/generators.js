// The one part of Dash's 100 kB for old browsers that its scripts name: functions that go on later.
window.regeneratorRuntime = {
  mark: (steps) => steps,
  wrap: (steps) => {
    const state = { prev: 0, next: 0, done: false };
    state.stop = () => { state.done = true; };
    const next = () => ({ value: steps(state), done: state.done });
    return { next, throw: (error) => { throw error; } };
  },
};
