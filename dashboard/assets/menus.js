// Menus close by themselves: on Escape, on a click elsewhere, and when another one opens.
(() => {
  const open = () => document.querySelectorAll("details.menu[open]");
  const close = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };

  document.addEventListener("click", ({ target }) => {
    for (const menu of open()) if (!menu.contains(target)) close(menu, false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) close(menu, menu.contains(document.activeElement));
  });
})();
