// buddies.js: the questions about one buddy or one group of a roster.
import {ofUser, patch, put, remove} from './api.js';
import {confirm, form} from './dialogs.js';
import {h} from './dom.js';
import {say} from './stage.js';
import {bare, inWords, nameInput} from './widgets.js';

export const nameOf = buddy => inWords(buddy.display_name || bare(buddy.uri));

function groupBoxes(ctx, chosen) {
  if (ctx.data.groups.length === 0) return null;
  return h('fieldset', {}, h('legend', {}, 'Groups'), ctx.data.groups.map(group => h('label', {class: 'choice'},
    h('input', {type: 'checkbox', name: 'groups', value: group, checked: chosen.includes(group)}), group)));
}

export function buddyForm(ctx, buddy) {
  const boxes = groupBoxes(ctx, buddy?.groups ?? []);
  const address = nameInput({required: true, 'data-field': 'buddy', list: 'known-users'});
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

export function addGroup(ctx) {
  form({title: 'Add a group', yes: 'Add',
    fields: [{name: 'name', label: 'Name', control: h('input', {required: true, 'data-field': 'group', autocomplete: 'off'})}],
    async send({name}) {
      await put(ofUser(ctx.user, 'groups', name.trim()), {});
      say(`The group ${name.trim()} was added.`);
      await ctx.reload();
    }});
}

export async function removeBuddy(ctx, buddy) {
  const sure = await confirm({title: `Remove ${nameOf(buddy)}?`, yes: 'Remove',
    text: `${bare(buddy.uri)} leaves this roster, with name, notes and groups.`});
  if (sure) ctx.act(() => remove(ofUser(ctx.user, 'roster', bare(buddy.uri))), `${nameOf(buddy)} was removed.`);
}

export async function removeGroup(ctx, group) {
  const sure = await confirm({title: `Remove the group ${group}?`, yes: 'Remove', text: 'Who is in it stays in the roster.'});
  if (sure) ctx.act(() => remove(ofUser(ctx.user, 'groups', group)), `The group ${group} was removed.`);
}
