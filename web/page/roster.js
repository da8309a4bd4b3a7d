// roster.js: whom a user wants to see, in groups and in an order of the user's own.
//
// The order is one of the whole roster; a group shows its part of it. All changes name the ETag of
// what was shown, so that two who edit do not undo each other's work.
import {get, getTagged, ofUser, patch, post, put, remove} from './api.js';
import {dragSource, dropTarget, moved, mover} from './arrange.js';
import {confirm, form} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './stage.js';
import {chooser, crossLinks, userNames, userPicker} from './users.js';
import {bare, count} from './widgets.js';

const nameOf = buddy => buddy.display_name || bare(buddy.uri);
const inGroup = (buddy, group) => (group === null ? buddy.groups.length === 0 : buddy.groups.includes(group));

async function loadRoster(ctx, user) {
  const {value, etag} = await getTagged(ofUser(user, 'roster'), ctx.signal);
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

function moveBuddy(ctx, buddy, group, by) {
  const peers = ctx.data.items.filter(one => inGroup(one, group));
  const other = peers[peers.indexOf(buddy) + by];
  if (!other) {
    say(`${nameOf(buddy)} is the ${by < 0 ? 'first' : 'last'} already.`);
    return;
  }
  const items = moved(ctx.data.items, buddy, other);
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

/** A buddy that is dropped on another one takes its place, and its group. */
async function dropOn(ctx, dragged, group, other) {
  const {buddy, from} = dragged;
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

function groupBoxes(ctx, chosen) {
  if (ctx.data.groups.length === 0) return null;
  return h('fieldset', {}, h('legend', {}, 'Groups'), ctx.data.groups.map(group => h('label', {class: 'choice'},
    h('input', {type: 'checkbox', name: 'groups', value: group, checked: chosen.includes(group)}), group)));
}

function buddyForm(ctx, buddy) {
  const boxes = groupBoxes(ctx, buddy?.groups ?? []);
  const address = h('input', {required: true, list: 'known-users', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false'});
  form({
    title: buddy ? `Change ${nameOf(buddy)}` : 'Add a buddy', yes: buddy ? 'Save' : 'Add',
    fields: [
      !buddy && {name: 'uri', label: 'Address', control: address},
      {name: 'display_name', label: 'Name', control: h('input', {value: buddy?.display_name ?? '', autocomplete: 'off'})},
      {name: 'notes', label: 'Notes', control: h('textarea', {rows: 2, value: buddy?.notes ?? ''})},
      boxes && {control: boxes},
      {name: 'group', label: 'New group', hint: 'May be empty', control: h('input', {autocomplete: 'off'})},
    ].filter(Boolean),
    async send(values) {
      const groups = boxes ? [...boxes.querySelectorAll(':checked')].map(box => box.value) : [];
      if (values.group.trim() && !groups.includes(values.group.trim())) groups.push(values.group.trim());
      const body = {display_name: values.display_name.trim(), notes: values.notes.trim(), groups};
      const who = buddy ? bare(buddy.uri) : bare(values.uri.trim());
      await (buddy ? patch : put)(ofUser(ctx.user, 'roster', who), body);
      say(buddy ? `${who} was changed.` : `${who} was added.`);
      await ctx.reload();
    },
  });
}

function addGroup(ctx) {
  form({title: 'Add a group', yes: 'Add',
    fields: [{name: 'name', label: 'Name', control: h('input', {required: true, autocomplete: 'off'})}],
    async send({name}) {
      await put(ofUser(ctx.user, 'groups', name.trim()), {});
      say(`The group ${name.trim()} was added.`);
      await ctx.reload();
    }});
}

async function removeBuddy(ctx, buddy) {
  const sure = await confirm({title: `Remove ${nameOf(buddy)}?`, yes: 'Remove',
    text: `${bare(buddy.uri)} leaves this roster, with name, notes and groups.`});
  if (sure) ctx.act(() => remove(ofUser(ctx.user, 'roster', bare(buddy.uri))), `${nameOf(buddy)} was removed.`);
}

async function removeGroup(ctx, group) {
  const sure = await confirm({title: `Remove the group ${group}?`, yes: 'Remove', text: 'Who is in it stays in the roster.'});
  if (sure) ctx.act(() => remove(ofUser(ctx.user, 'groups', group)), `The group ${group} was removed.`);
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
  const buddies = ctx.data.items.filter(buddy => inGroup(buddy, group));
  const {groups} = ctx.data, id = group === null ? 'group-none' : `group-${groups.indexOf(group)}`;
  const named = group !== null;
  return h('section', {class: 'card group', 'aria-labelledby': id, key: named ? `g-${group}` : 'none',
    ...dropTarget(what => what.kind === 'buddy' || (named && what.name !== group), what => dropOnGroup(ctx, what, group))},
  h('div', {class: 'head', ...(named ? dragSource({kind: 'group', name: group}) : {})},
    named && mover(`the group ${group}`, by => moveGroup(ctx, group, by), group === groups[0], group === groups.at(-1)),
    h('h2', {id}, named ? group : 'In no group'), h('span', {class: 'faint'}, count(buddies.length, 'buddy', 'buddies')),
    named && h('button', {class: 'small quiet', onclick: () => removeGroup(ctx, group)}, 'Remove…', h('span', {class: 'unseen'}, ` the group ${group}`))),
  h('ol', {class: 'buddies', 'aria-labelledby': id}, buddies.map((buddy, i) =>
    buddyRow(ctx, buddy, group, i === 0, i === buddies.length - 1))),
  buddies.length === 0 && h('p', {class: 'empty'}, 'Nobody yet. Drag somebody here, or choose the group under “Change”.'));
}

function sharedCards(shared) {
  return shared.map(group => h('section', {class: 'card', key: `s-${group.name}`, 'aria-label': `Shared group ${group.title || group.name}`},
    h('h2', {}, group.title || group.name), h('p', {class: 'faint'}, 'Shared: the operator’s groups appear here by themselves.'),
    h('ul', {class: 'plain'}, group.members.map(one => h('li', {}, bare(one))))));
}

export default {
  title: ctx => (ctx.params.get('user') ? `Roster of ${bare(ctx.params.get('user'))}` : 'Rosters'),
  every: 15000,
  async load(ctx) {
    ctx.user = ctx.params.get('user');
    ctx.state.known = await userNames();
    if (ctx.user) await loadRoster(ctx, ctx.user);
  },
  draw(ctx) {
    const picker = userPicker('roster', ctx.user, ctx.state.known);
    if (!ctx.data) return [picker, chooser('roster', ctx.state.known, 'Whose roster is to be shown?')];
    const {items, groups, shared} = ctx.data;
    const alone = items.some(buddy => buddy.groups.length === 0) || groups.length === 0;
    return [picker, crossLinks(ctx.user, 'roster'), h('div', {class: 'toolbar', key: 'tools'},
      h('button', {class: 'main', onclick: () => buddyForm(ctx, null)}, icon('plus'), 'Add a buddy'),
      h('button', {onclick: () => addGroup(ctx)}, 'Add a group'),
      h('p', {class: 'faint'}, `${count(items.length, 'buddy', 'buddies')}. Drag the handles, or use the arrow keys on them.`)),
    groups.map(group => groupCard(ctx, group)), alone && groupCard(ctx, null), sharedCards(shared)];
  },
};
