// roster.js: whom a user wants to see, in groups and in an order of the user's own.
//
// The order is one of the whole roster; a group shows its part of it. All changes name the ETag of
// what was shown, so that two who edit do not undo each other's work.
import {get, getTagged, ofUser, post, target} from './api.js';
import {dragSource, dropTarget, moved, mover} from './arrange.js';
import {addGroup, buddyForm, nameOf, removeBuddy, removeGroup} from './buddies.js';
import {h} from './dom.js';
import {exportForm, importForm} from './exchange.js';
import {icon} from './icons.js';
import {say} from './stage.js';
import {chooser, crossLinks, userNames, userPicker} from './users.js';
import {bare, count, field, nameInput} from './widgets.js';

const PAGE = 100; // more than that of a group are shown when they are asked for
const FEW = 10; // are found by looking

const inGroup = (buddy, group) => (group === null ? buddy.groups.length === 0 : buddy.groups.includes(group));

async function loadRoster(ctx, user) {
  const {value, etag} = await getTagged(target(ofUser(user, 'roster'), {limit: 1000}), ctx.signal);
  let next = value.next;
  while (next) {
    const page = await get(next, ctx.signal);
    value.items.push(...page.items);
    next = page.next;
  }
  ctx.data = {...value, etag};
  const {wanted} = ctx.state; // by who moves while this was asked
  if (wanted) value.items.sort((a, b) => wanted.indexOf(a.uri) - wanted.indexOf(b.uri));
}

/** Posts a change of the whole; what it names is shown before the server has answered. */
function change(ctx, body, said) {
  return ctx.act(() => post(ofUser(ctx.user, 'roster'), {items: [], ...body}, ctx.data.etag), said);
}

/** Shows the order at once and sends it; one who is quick with the keys is sent after what is under
 *  way, because each change names the ETag of the one before. */
async function order(ctx, items, said) {
  ctx.data.items = items;
  ctx.state.wanted = items.map(buddy => buddy.uri);
  ctx.redraw();
  say(said);
  if (ctx.state.sending) return;
  ctx.state.sending = true;
  while (ctx.state.wanted && await sendOrder(ctx));
  ctx.state.sending = false;
}

async function sendOrder(ctx) {
  const {wanted} = ctx.state;
  const done = await ctx.act(async () => {
    await post(ofUser(ctx.user, 'roster'), {items: wanted.map((uri, i) => ({uri, position: i + 1}))}, ctx.data.etag);
    if (ctx.state.wanted === wanted) ctx.state.wanted = null;
  });
  if (!done) ctx.state.wanted = null;
  return done;
}

function place(items, buddy, group) {
  const peers = items.filter(one => inGroup(one, group));
  return `${nameOf(buddy)} is number ${peers.indexOf(buddy) + 1} of ${peers.length}.`;
}

const mostOf = (ctx, group) => ctx.state.most.get(group) ?? PAGE;

function showUpTo(ctx, group, number) {
  if (number > mostOf(ctx, group)) ctx.state.most.set(group, number);
}

/** Those of a group who are looked for: all, or who has the words in name, address or notes. */
function found(ctx, group) {
  const words = ctx.state.find.trim().toLowerCase();
  return ctx.data.items.filter(one => inGroup(one, group) &&
    `${nameOf(one)} ${bare(one.uri)} ${one.notes ?? ''}`.toLowerCase().includes(words));
}

function moveBuddy(ctx, buddy, group, by) {
  const peers = found(ctx, group);
  const other = peers[peers.indexOf(buddy) + by];
  if (!other) {
    say(`${nameOf(buddy)} is the ${by < 0 ? 'first' : 'last'} already.`);
    return;
  }
  const items = moved(ctx.data.items, buddy, other);
  showUpTo(ctx, group, peers.indexOf(other) + 1);
  order(ctx, items, place(items, buddy, group));
}

function moveGroup(ctx, group, by) {
  const {groups} = ctx.data, other = groups[groups.indexOf(group) + by];
  if (!other) return;
  orderGroups(ctx, moved(groups, group, other), group);
}

function orderGroups(ctx, groups, group) {
  ctx.data.groups = groups;
  ctx.redraw();
  change(ctx, {groups}, `${group} is group ${groups.indexOf(group) + 1} of ${groups.length}.`);
}

/** What was asked for meanwhile is other objects. */
const current = (ctx, buddy) => ctx.data.items.find(one => one.uri === buddy.uri);

/** A buddy that is dropped on another one takes its place, and its group. */
async function dropOn(ctx, dragged, group, other) {
  const {from} = dragged, buddy = current(ctx, dragged.buddy);
  if (!buddy) return; // somebody took it out
  const items = other && other !== buddy ? moved(ctx.data.items, buddy, other) : ctx.data.items;
  if (from === group) {
    if (items !== ctx.data.items) order(ctx, items, `${nameOf(buddy)} was moved.`);
    return;
  }
  const groups = buddy.groups.filter(one => one !== from);
  if (group !== null && !groups.includes(group)) groups.push(group);
  const places = items.map((one, i) => ({uri: one.uri, position: i + 1, ...(one === buddy ? {groups} : {})}));
  change(ctx, {items: places}, `${nameOf(buddy)} is ${group === null ? 'in no group' : `in ${group}`} now.`);
}

function buddyRow(ctx, buddy, group, first, last) {
  const name = nameOf(buddy);
  return h('li', {class: 'buddy', key: buddy.uri, ...dragSource({kind: 'buddy', buddy, from: group, name}),
    ...dropTarget(what => what.kind === 'buddy', what => dropOn(ctx, what, group, buddy))},
  mover(name, by => moveBuddy(ctx, buddy, group, by), first, last),
  h('span', {class: 'who'}, h('span', {class: 'name'}, name),
    buddy.display_name && h('span', {class: 'address'}, bare(buddy.uri)),
    buddy.notes && h('span', {class: 'note'}, buddy.notes)),
  h('span', {class: 'actions'},
    h('button', {class: 'small quiet', onclick: () => buddyForm(ctx, buddy)}, 'Change…', h('span', {class: 'unseen'}, ` ${name}`)),
    h('button', {class: 'small quiet', onclick: () => removeBuddy(ctx, buddy)}, 'Remove…', h('span', {class: 'unseen'}, ` ${name}`))));
}

function dropOnGroup(ctx, what, group) {
  if (what.kind === 'group' && group !== null) orderGroups(ctx, moved(ctx.data.groups, what.name, group), what.name);
  if (what.kind === 'buddy' && what.from !== group) dropOn(ctx, what, group, null);
}

function groupCard(ctx, group) {
  const buddies = found(ctx, group), shown = buddies.slice(0, mostOf(ctx, group)), more = buddies.length - shown.length;
  const {groups} = ctx.data, id = group === null ? 'group-none' : `group-${groups.indexOf(group)}`;
  const named = group !== null;
  return h('section', {class: 'card group', 'aria-labelledby': id, key: named ? `g-${group}` : 'none',
    ...dropTarget(what => what.kind === 'buddy' || (named && what.name !== group), what => dropOnGroup(ctx, what, group))},
  h('div', {class: 'head', ...(named ? dragSource({kind: 'group', name: group}) : {})},
    named && mover(`the group ${group}`, by => moveGroup(ctx, group, by), group === groups[0], group === groups.at(-1)),
    h('h2', {id}, named ? group : 'In no group'), h('span', {class: 'faint'}, count(buddies.length, 'buddy', 'buddies')),
    named && h('button', {class: 'small quiet', onclick: () => removeGroup(ctx, group)}, 'Remove…', h('span', {class: 'unseen'}, ` the group ${group}`))),
  h('ol', {class: 'buddies', 'aria-labelledby': id}, shown.map((buddy, i) =>
    buddyRow(ctx, buddy, group, i === 0, i === buddies.length - 1))),
  more > 0 && h('button', {class: 'more', onclick: () => {
    showUpTo(ctx, group, shown.length + PAGE);
    ctx.redraw();
  }}, `Show ${Math.min(more, PAGE)} of ${more} more`, h('span', {class: 'unseen'}, ` in ${group ?? 'no group'}`)),
  buddies.length === 0 && h('p', {class: 'empty'}, ctx.state.find ? 'Nobody like that.'
    : 'Nobody yet. Drag somebody here, or choose the group under “Change”.'));
}

function sharedCards(shared) {
  return shared.map(group => h('section', {class: 'card', key: `s-${group.name}`, 'aria-label': `Shared group ${group.title || group.name}`},
    h('h2', {}, group.title || group.name), h('p', {class: 'faint'}, 'Shared: the operator’s groups appear here by themselves.'),
    h('ul', {class: 'plain'}, group.members.map(one => h('li', {}, bare(one))))));
}

function toolbar(ctx) {
  const {items} = ctx.data;
  return [h('div', {class: 'toolbar', key: 'tools'},
    h('button', {class: 'main', onclick: () => buddyForm(ctx, null)}, icon('plus'), 'Add a buddy'),
    h('button', {onclick: () => addGroup(ctx)}, 'Add a group'),
    h('button', {onclick: () => importForm(ctx)}, 'Import…'), h('button', {onclick: () => exportForm(ctx)}, 'Export…'),
    items.length > FEW && field('Find', nameInput({id: 'find-buddy', type: 'search', value: ctx.state.find,
      oninput: event => {
        ctx.state.find = event.target.value;
        ctx.redraw();
      }}))),
  h('p', {class: 'faint', key: 'how'}, `${count(items.length, 'buddy', 'buddies')}. Drag the handles, or use the arrow keys on them.`)];
}

const picked = ctx => userPicker('roster', ctx.params.get('user'), ctx.state.known ?? []);

export default {
  title: ctx => (ctx.params.get('user') ? `Roster of ${bare(ctx.params.get('user'))}` : 'Rosters'),
  every: 15000,
  start: () => ({find: '', most: new Map()}),
  async load(ctx) {
    ctx.user = ctx.params.get('user');
    ctx.state.known = await userNames();
    if (ctx.user) await loadRoster(ctx, ctx.user);
  },
  head: picked,
  draw(ctx) {
    const picker = picked(ctx);
    if (!ctx.data) return [picker, chooser('roster', ctx.state.known, 'Whose roster is to be shown?')];
    const {items, groups, shared} = ctx.data;
    const alone = items.some(buddy => buddy.groups.length === 0) || groups.length === 0;
    return [picker, crossLinks(ctx.user, 'roster'), toolbar(ctx), groups.map(group => groupCard(ctx, group)),
      alone && groupCard(ctx, null), sharedCards(shared)];
  },
};
