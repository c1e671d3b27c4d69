// Elements made of data. Text from outside is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") && value !== null) element.setAttribute(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function button(label, press, attributes = {}) {
  return element("button", { type: "button", onclick: press, ...attributes }, label);
}

// How wide texts are at most, in pixels, as an element shows them.
export function widest(texts, like) {
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(like);
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const longest = [...new Set(texts)].sort((a, b) => b.length - a.length).slice(0, 200);
  return Math.max(0, ...longest.map((text) => pen.measureText(text).width));
}
