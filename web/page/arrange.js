// arrange.js: orders of things, and how a pointer or the keyboard changes them.
//
// Everything that can be moved has a handle: dragged with the mouse, or moved with the arrow keys
// while it has the focus. The buttons beside it do the same for fingers.
import {h} from './dom.js';
import {icon} from './icons.js';

/** The list with `item` at the place of `other`; before it when it came from behind. */
export function moved(items, item, other) {
  const from = items.indexOf(item), to = items.indexOf(other);
  if (from < 0 || to < 0) return [...items];
  const rest = items.filter(one => one !== item);
  rest.splice(to, 0, item);
  return rest;
}

let dragged = null;

/** Attributes of what can be dragged: `what` {kind, ...} goes to whoever it is dropped on. */
export function dragSource(what) {
  return {
    draggable: 'true',
    ondragstart: event => {
      if (event.target !== event.currentTarget) return;
      dragged = what;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', what.name);
      event.currentTarget.classList.add('dragged');
      event.stopPropagation();
    },
    ondragend: event => {
      dragged = null;
      event.currentTarget.classList.remove('dragged');
    },
  };
}

/** Attributes of a place: `take` gets what is dropped, when `may` says that it fits. */
export function dropTarget(may, take) {
  const fits = () => dragged && may(dragged);
  return {
    ondragover: event => {
      if (!fits()) return;
      event.preventDefault();
      event.stopPropagation();
      event.currentTarget.classList.add('over');
    },
    ondragleave: event => event.currentTarget.classList.remove('over'),
    ondrop: event => {
      event.currentTarget.classList.remove('over');
      if (!fits()) return;
      event.preventDefault();
      event.stopPropagation();
      take(dragged);
    },
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
