// Elements made of plain values: text stays text, and a link is a web address or no link.
window.masthead = window.masthead || {};
masthead.dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  };

  const h = (name, attributes, ...children) =>
    fill(document.createElement(name), attributes, children);

  const svg = (name, attributes, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

  const webAddress = (text) => {
    try {
      const { protocol, href } = new URL(text);
      return protocol === "https:" || protocol === "http:" ? href : null;
    } catch {
      return null;
    }
  };

  const link = (text, address) => {
    const href = webAddress(address);
    return href
      ? h("a", { href, rel: "noopener noreferrer", target: "_blank" }, text)
      : h("span", {}, text);
  };

  const put = (id, ...children) => document.getElementById(id).replaceChildren(...children);

  // Make these the children; those that are there already stay, with their focus and scroll.
  const arrange = (parent, nodes) => {
    const wanted = new Set(nodes);
    for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
    let next = parent.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else parent.insertBefore(node, next);
    }
  };

  return { arrange, h, svg, link, put };
})();
