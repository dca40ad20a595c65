// A small renderer: a tree of h(...) is compared with what the page shows, and only the differences are applied.
const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["checked", "disabled", "selected"]);

/** A node: a tag, its attributes (`on...` are listeners, `style` an object, `key` tells siblings apart), its children. */
export function h(tag, attributes, ...children) {
  return { tag, attributes: attributes ?? {}, children: tidy(children) };
}

/** Makes `parent` show these nodes. */
export function render(parent, ...nodes) {
  reconcile(parent, tidy(nodes), parent.namespaceURI === SVG ? SVG : null);
}

function tidy(nodes) {
  return nodes.flat(Infinity).filter((node) => node !== null && node !== undefined && node !== false && node !== "");
}

function create(node, space) {
  if (typeof node !== "object") return document.createTextNode(String(node));
  const inner = node.tag === "svg" ? SVG : space;
  const element = inner ? document.createElementNS(inner, node.tag) : document.createElement(node.tag);
  if (node.attributes.value !== undefined) element.value = node.attributes.value;
  change(element, node, space);
  return element;
}

function change(element, node, space) {
  if (typeof node !== "object") {
    if (element.data !== String(node)) element.data = String(node);
    return;
  }
  const before = element.flyball?.attributes ?? {};
  element.flyball = node;
  for (const name of Object.keys(before)) if (!(name in node.attributes)) set(element, name, null, before[name]);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (name === "style" || before[name] !== value) set(element, name, value, before[name]);
  }
  reconcile(element, node.children, node.tag === "svg" ? SVG : space);
}

function set(element, name, value, before) {
  if (name === "key" || name === "value") return;
  if (name.startsWith("on")) element[name] = value ?? null;
  else if (name === "style") {
    for (const property of Object.keys(before ?? {})) if (!(property in (value ?? {}))) element.style.removeProperty(property);
    for (const [property, text] of Object.entries(value ?? {})) {
      if (before?.[property] !== text) element.style.setProperty(property, text);
    }
  } else if (PROPERTIES.has(name)) element[name] = Boolean(value);
  else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function matches(element, node) {
  if (typeof node !== "object") return element.nodeType === Node.TEXT_NODE;
  return element.flyball?.tag === node.tag && element.flyball.attributes.key === node.attributes.key;
}

function reconcile(parent, nodes, space) {
  const keyed = new Map();
  for (const child of parent.childNodes) {
    const key = child.flyball?.attributes.key;
    if (key !== undefined) keyed.set(key, child);
  }
  let at = parent.firstChild;
  for (const node of nodes) {
    const key = node.attributes?.key;
    const candidate = key === undefined ? at : keyed.get(key);
    if (!candidate || !matches(candidate, node)) {
      parent.insertBefore(create(node, space), at);
      continue;
    }
    if (candidate === at) at = at.nextSibling;
    else parent.insertBefore(candidate, at);
    change(candidate, node, space);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
