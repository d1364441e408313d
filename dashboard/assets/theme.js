// Light or dark: the system's choice until the reader makes another, which is kept in this browser.
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
  };

  const chosen = kept();
  apply(chosen === "light" || chosen === "dark" ? chosen : ofSystem());
  system.addEventListener("change", () => kept() || apply(ofSystem()));
  // Heard here and not by Dash, so that it works before Dash does.
  document.addEventListener("click", (event) => event.target.closest("#theme-button") && flip());
})();
