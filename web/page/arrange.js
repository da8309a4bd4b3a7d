// arrange.js: orders of things, and how a pointer or the keyboard changes them.
//
// Everything that can be moved has a handle: dragged with mouse, pen or finger, or moved with the
// arrow keys while it has the focus. A mouse may take hold anywhere; a finger of the handle only,
// because elsewhere it scrolls.
//
//     pointerdown --> held --5 pixels--> dragged --pointerup over a place that takes it--> taken
//                       `-- pointerup       `-- Escape, pointercancel: nothing happens
import {h} from './dom.js';
import {icon} from './icons.js';

const FAR = 5, EDGE = 70, SCROLL = 12;

/** The list with `item` at the place of `other`; before it when it came from behind. */
export function moved(items, item, other) {
  const from = items.indexOf(item), to = items.indexOf(other);
  if (from < 0 || to < 0) return [...items];
  const rest = items.filter(one => one !== item);
  rest.splice(to, 0, item);
  return rest;
}

/** The one drag there can be: {what, node, id, x, y} and, once it moves, {ghost, over}. */
let drag = null;

/** The innermost place under the pointer that takes what is dragged. */
function placeUnder(x, y) {
  let node = document.elementFromPoint(x, y)?.closest('[data-drop]');
  while (node) {
    const offer = new CustomEvent('offer', {cancelable: true, detail: drag.what});
    if (!node.dispatchEvent(offer)) return node;
    node = node.parentElement?.closest('[data-drop]');
  }
  return null;
}

function hover() {
  const over = placeUnder(drag.x, drag.y);
  if (over !== drag.over) drag.over?.classList.remove('over');
  over?.classList.add('over');
  drag.over = over;
  drag.ghost.style.translate = `${Math.min(drag.x + 12, innerWidth - drag.ghost.offsetWidth - 4)}px ${drag.y + 12}px`;
}

/** At the upper and lower edge of the window the page comes along. */
function scroll() {
  if (!drag?.ghost) return;
  const by = drag.y < EDGE ? -SCROLL : drag.y > innerHeight - EDGE ? SCROLL : 0;
  if (by) {
    window.scrollBy(0, by);
    hover();
  }
  drag.frame = requestAnimationFrame(scroll);
}

function lift() {
  drag.ghost = h('div', {class: 'ghost', 'aria-hidden': 'true'}, drag.what.name);
  document.body.append(drag.ghost);
  document.body.classList.add('dragging');
  drag.node.classList.add('dragged');
  getSelection().removeAllRanges();
  scroll();
}

function onMove(event) {
  if (event.pointerId !== drag.id) return;
  if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
  drag.x = event.clientX;
  drag.y = event.clientY;
  if (!drag.ghost) lift();
  hover();
}

function letGo(event) {
  if (event.pointerId !== undefined && event.pointerId !== drag.id) return;
  if (event.type === 'keydown' && event.key !== 'Escape') return;
  const {what, node, ghost, over, frame} = drag;
  drag = null;
  for (const [type, then] of Object.entries(LISTENERS)) removeEventListener(type, then, true);
  if (!ghost) return;
  cancelAnimationFrame(frame);
  ghost.remove();
  document.body.classList.remove('dragging');
  node.classList.remove('dragged');
  over?.classList.remove('over');
  if (event.type === 'pointerup' && over) over.dispatchEvent(new CustomEvent('take', {detail: what}));
}

const LISTENERS = {pointermove: onMove, pointerup: letGo, pointercancel: letGo, keydown: letGo};

/** Attributes of what can be dragged: `what` {kind, name, ...} goes to whoever it is dropped on. */
export function dragSource(what) {
  return {onpointerdown: event => {
    const grip = event.target.closest('.grip');
    const mine = grip || !event.target.closest('button, a, input');
    if (drag || event.button !== 0 || !mine || (event.pointerType !== 'mouse' && !grip)) return;
    event.stopPropagation();
    if (grip?.hasPointerCapture(event.pointerId)) grip.releasePointerCapture(event.pointerId);
    drag = {what, node: event.currentTarget, id: event.pointerId, x: event.clientX, y: event.clientY};
    for (const [type, then] of Object.entries(LISTENERS)) addEventListener(type, then, true);
  }};
}

/** Attributes of a place: `take` gets what is dropped, when `may` says that it fits. */
export function dropTarget(may, take) {
  return {
    'data-drop': true,
    onoffer: event => may(event.detail) && event.preventDefault(),
    ontake: event => take(event.detail),
  };
}

/** The handle and its buttons; move(-1) is one place up. */
export function mover(name, move, first, last) {
  const onkeydown = event => {
    const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!by) return;
    event.preventDefault();
    move(by);
  };
  const button = (by, text, glyph, disabled) => h('button', {class: 'quiet small square', type: 'button',
    'aria-label': `Move ${name} ${text}`, 'aria-disabled': disabled ? 'true' : null,
    onclick: () => !disabled && move(by)}, icon(glyph));
  return h('span', {class: 'mover'},
    h('button', {class: 'quiet small square grip', type: 'button', onkeydown,
      'aria-label': `Move ${name}: arrow keys up and down`, title: 'Drag, or use the arrow keys'}, icon('grip')),
    button(-1, 'up', 'up', first), button(1, 'down', 'down', last));
}
