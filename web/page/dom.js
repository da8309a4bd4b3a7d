// dom.js: elements as functions, and how a tree that is shown becomes a newer one.
//
// Views say what there is to be (h, svg); update() changes what differs and leaves the rest, so
// that focus, selections and half-written texts stay. Texts become text nodes, never markup.

const SVG = 'http://www.w3.org/2000/svg';

function dispatch(event) {
  const handler = event.currentTarget.$on?.[event.type];
  if (handler) handler(event);
}

function listen(node, handlers) {
  for (const type of Object.keys(handlers)) {
    if (!node.$on?.[type]) node.addEventListener(type, dispatch);
  }
  node.$on = handlers;
}

function setProps(node, props) {
  const handlers = {};
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) handlers[name.slice(2)] = value;
    else if (name === 'key') node.$key = String(value);
    else if (name === 'value') node.$value = String(value);
    else if (name === 'checked') node.$checked = true;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  listen(node, handlers);
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === '') continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function finish(node) { // properties that want the children first (select)
  if (node.$value !== undefined) node.value = node.$value;
  if (node.$checked) node.checked = true;
  return node;
}

/** An element: h('button', {class: 'quiet', onclick: f, key: 'x'}, 'Text', other, [more]). */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  setProps(node, props);
  append(node, children);
  return finish(node);
}

/** The same in SVG. */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  setProps(node, props);
  append(node, children);
  return node;
}

function isLike(old, fresh) {
  return old.nodeName === fresh.nodeName && old.namespaceURI === fresh.namespaceURI &&
    old.$key === fresh.$key && (old.type === fresh.type || fresh.nodeType !== 1);
}

/** What a person, or a refused form, made of it. */
const LEFT_ALONE = ['open', 'aria-invalid'];

function morphAttributes(old, fresh) {
  for (const {name} of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !LEFT_ALONE.includes(name)) old.removeAttribute(name);
  }
  for (const {name, value} of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function morph(old, fresh) {
  if (old.nodeType !== 1) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  if (!fresh.hasAttribute('data-own')) morphChildren(old, [...fresh.childNodes]); // else: filled by who made it
  listen(old, fresh.$on ?? {});
  if (fresh.$value !== undefined && fresh.$value !== old.$value) old.value = fresh.$value;
  if (fresh.$checked !== old.$checked) old.checked = Boolean(fresh.$checked);
  old.$value = fresh.$value;
  old.$checked = fresh.$checked;
}

function morphChildren(parent, wanted) {
  const keyed = new Map();
  for (const child of parent.childNodes) if (child.$key) keyed.set(child.$key, child);
  let at = parent.firstChild;
  for (const fresh of wanted) {
    const known = fresh.$key ? keyed.get(fresh.$key) : at;
    if (!known || !isLike(known, fresh)) {
      parent.insertBefore(fresh, at);
      continue;
    }
    if (known === at) at = at.nextSibling;
    else parent.insertBefore(known, at);
    keyed.delete(known.$key);
    morph(known, fresh);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Makes the children of `parent` what they are to be; who has the focus keeps it, and where it
 *  stood is gone, the heading has it. */
export function update(parent, ...children) {
  const holder = document.createElement('div');
  const focused = document.activeElement;
  append(holder, children);
  morphChildren(parent, [...holder.childNodes]);
  if (!focused || focused === document.activeElement || focused === document.body) return;
  if (focused.isConnected) focused.focus({preventScroll: false});
  else document.getElementById('title')?.focus({preventScroll: true}); // its row went: not to nowhere
}
