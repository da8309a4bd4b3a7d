// plot.js: small plots of a figure over the last minutes, as SVG with a sentence for who cannot see.
import {h, svg} from './dom.js';

const WIDTH = 160, HEIGHT = 36, PAD = 3;
const FRAME = {class: 'plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'};

export class Series {
  constructor(most = 90) {
    this.most = most;
    this.values = [];
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > this.most) this.values.shift();
  }

  get last() {
    return this.values.at(-1);
  }
}

function points(values, most) {
  const least = Math.min(...values), spread = Math.max(...values) - least || 1;
  const flat = Math.max(...values) === least;
  return values.map((value, i) => [
    PAD + (WIDTH - 2 * PAD) * (i + most - values.length) / (most - 1),
    flat ? (value > 0 ? HEIGHT / 2 : HEIGHT - PAD)
      : HEIGHT - PAD - (HEIGHT - 2 * PAD) * (value - least) / spread]);
}

export function plot(series) {
  const line = points(series.values, series.most);
  const ground = svg('path', {class: 'ground', d: `M0 ${HEIGHT - 1}H${WIDTH}`});
  if (line.length < 2) return svg('svg', {...FRAME}, ground);
  const path = line.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  const area = `${path}L${line.at(-1)[0].toFixed(1)} ${HEIGHT}L${line[0][0].toFixed(1)} ${HEIGHT}Z`;
  return svg('svg', {...FRAME}, ground,
    svg('path', {class: 'area', d: area}), svg('path', {class: 'line', d: path}));
}

const number = new Intl.NumberFormat(undefined, {maximumFractionDigits: 1});

/** A figure with its name and its plot. */
export function tile(name, series, href, unit = '') {
  const text = series.last === undefined ? '–' : number.format(series.last) + unit;
  const range = series.values.length > 1 ? `, between ${number.format(Math.min(...series.values))} and ${
    number.format(Math.max(...series.values))} in the last minutes` : '';
  return h(href ? 'a' : 'div', {class: 'tile', href, key: `tile-${name}`},
    h('span', {class: 'name'}, name), h('span', {class: 'figure'}, text),
    h('span', {class: 'unseen'}, range), plot(series));
}
