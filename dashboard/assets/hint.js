// What a mark over the charts stands for, in words under it while it is pointed at or focused.
window.masthead = window.masthead || {};
masthead.hint = (() => {
  const APART = 4;
  let left = null;

  const box = () => document.getElementById("hint");

  const hide = () => {
    const shown = box();
    if (shown) shown.hidden = true;
    document.querySelector('[aria-describedby="hint"]')?.removeAttribute("aria-describedby");
  };

  const show = (mark, ...children) => {
    hide();
    const shown = box();
    const frame = document.getElementById("chart-frame").getBoundingClientRect();
    const { left: from, width, bottom } = mark.getBoundingClientRect();
    shown.replaceChildren(...children);
    shown.hidden = false;
    mark.setAttribute("aria-describedby", "hint");
    const middle = from - frame.left + width / 2;
    const most = Math.max(0, frame.width - shown.offsetWidth);
    shown.style.left = `${Math.min(most, Math.max(0, middle - shown.offsetWidth / 2))}px`;
    shown.style.top = `${bottom - frame.top + APART}px`;
  };

  // Whether the pointer went into the words themselves; `leave` is called when it leaves them.
  const holds = (target, leave) => {
    const inside = Boolean(target && box()?.contains(target));
    left = inside ? leave : null;
    return inside;
  };

  document.addEventListener("pointerout", ({ target, relatedTarget }) => {
    if (!left || !box().contains(target) || box().contains(relatedTarget)) return;
    if (!relatedTarget?.closest?.("button.mark")) left();
    left = null;
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());

  return { hide, holds, show };
})();
