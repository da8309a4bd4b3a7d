// ladder.js: SIP messages as arrows between who sent and who received them, the oldest on top.
import {h, svg} from './dom.js';

const LEFT = 96, GAP = 240, ROW = 44, HEAD = 56, MOST_COLUMNS = 6;

const who = address => String(address ?? '').replace(/^[a-z]+:/, '');

/** Herald's side first, then the others as they appear. */
function columnsOf(items) {
  const names = ['Herald'];
  for (const one of items) if (!names.includes(who(one.remote))) names.push(who(one.remote));
  return names.slice(0, MOST_COLUMNS);
}

function label(one) {
  return one.status ? `${one.status} ${one.reason ?? ''}`.trim() : one.method;
}

function arrow(one, names, row, pick) {
  const column = Math.max(1, names.indexOf(who(one.remote)));
  const herald = LEFT, peer = LEFT + column * GAP, y = HEAD + row * ROW + 26;
  const [from, to] = one.direction === 'in' ? [peer, herald] : [herald, peer];
  const back = to > from ? -8 : 8;
  const kind = one.status >= 400 ? 'bad' : one.status >= 200 ? 'good' : 'plain';
  return svg('g', {class: `arrow ${kind}`, key: one.id, onclick: () => pick(one)},
    svg('title', {}, `${label(one)}, ${one.direction === 'in' ? 'from' : 'to'} ${who(one.remote)}`),
    svg('rect', {x: Math.min(from, to), y: y - 22, width: Math.abs(to - from), height: 30, class: 'hit'}),
    svg('path', {d: `M${from} ${y}H${to}m${back} -4l${-back} 4l${back} 4`}),
    svg('text', {x: (from + to) / 2, y: y - 7, 'text-anchor': 'middle'}, label(one)));
}

/** `pick(item)` is called for an arrow that is clicked; the list beside does it for the keyboard. */
export function ladder(items, pick) {
  const names = columnsOf(items);
  const width = LEFT + (names.length - 1) * GAP + LEFT, height = HEAD + items.length * ROW + 16;
  const lines = names.map((name, i) => svg('g', {class: 'party'},
    svg('text', {x: LEFT + i * GAP, y: 22, 'text-anchor': 'middle'}, name),
    svg('path', {d: `M${LEFT + i * GAP} 34V${height}`})));
  return h('div', {class: 'scroll card', tabindex: '0', role: 'region', 'aria-label': 'Ladder of the messages', key: 'ladder'},
    svg('svg', {class: 'ladder', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img',
      'aria-label': `${items.length} messages; the list below has them one by one`},
    lines, items.map((one, i) => arrow(one, names, i, pick))));
}
