// Light or dark: the system's choice until the reader makes another, which is kept in this browser;
// an address may ask for one without its being kept. And whether the page is in somebody's frame.
(() => {
  const KEPT = "masthead-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const kept = () => {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return null;
    }
  };

  const keep = (name) => {
    try {
      if (name === null) localStorage.removeItem(KEPT);
      else localStorage.setItem(KEPT, name);
    } catch {
      // Without storage the choice lasts until the page is left.
    }
  };

  const params = () => new URLSearchParams(location.search);
  const known = (name) => (name === "light" || name === "dark" ? name : null);
  const asked = () => known(params().get("theme"));
  const ofSystem = () => (system.matches ? "dark" : "light");
  const now = () => document.documentElement.dataset.theme;

  const apply = (name) => {
    document.documentElement.dataset.theme = name;
    window.dash_clientside?.set_props?.("theme", { data: name });
  };

  const flip = () => {
    const name = now() === "dark" ? "light" : "dark";
    keep(name === ofSystem() ? null : name);
    apply(name);
    if (asked() && window.dash_clientside?.set_props) masthead.state.go({ theme: null });
  };

  apply(asked() || known(kept()) || ofSystem());
  document.documentElement.classList.toggle("embed", params().get("embed") === "1");
  system.addEventListener("change", () => asked() || kept() || apply(ofSystem()));
  // Heard here and not by Dash, so that it works before Dash does.
  document.addEventListener("click", (event) => event.target.closest("#theme-button") && flip());
})();
