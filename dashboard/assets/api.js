// The only place that asks the server, and that knows the server's clock.
window.masthead = window.masthead || {};
masthead.api = (() => {
  const PATIENCE = 20_000;
  const early = new Map();
  const UNSIGNED = 401;
  let ahead = 0;
  let ended = false;

  const url = (name, params = {}) => {
    const query = new URLSearchParams(params).toString();
    return `api/v1/${name}${query && "?"}${query}`;
  };

  // What went wrong between here and there is told apart from what the server says: `lost`, `told`.
  const lost = (cause) => {
    throw Object.assign(new Error(String(cause)), { lost: true });
  };

  const ask = async (address, options) => {
    const answer = await fetch(address, options).catch(lost);
    const date = Date.parse(answer.headers.get("date") || "");
    if (date) ahead = date - Date.now();
    const body = await answer.json().catch(lost);
    ended = answer.status === UNSIGNED;
    if (answer.ok) return body;
    const words = body.error || `The server answered ${answer.status}.`;
    throw Object.assign(new Error(words), { told: true });
  };

  // Whether anything is new, asked with little patience: a server that hangs is as good as none.
  const pulse = () => {
    const asked = early.get(url("pulse"));
    early.delete(url("pulse"));
    return asked || ask(url("pulse"), { signal: AbortSignal.timeout(PATIENCE) });
  };

  const get = (name, params) => {
    const address = url(name, params);
    const answer = early.get(address) || ask(address);
    early.delete(address);
    return answer;
  };

  // Ask now, for a `get` that will follow; its failure is told to whoever gets it.
  const prefetch = (name, params) => {
    const answer = ask(url(name, params));
    answer.catch(() => {});
    early.set(url(name, params), answer);
    return answer;
  };

  // Where to sign in and come back to this very view.
  const login = () => `login?next=${encodeURIComponent(location.pathname + location.search)}`;

  const signOut = async () => {
    await fetch("logout", { method: "POST", redirect: "manual" }).catch(() => {});
    location.assign(login());
  };

  return {
    get, login, prefetch, pulse, signOut,
    ended: () => ended,
    now: () => Date.now() + ahead,
  };
})();
