// aliases.js: the other names of a user: whoever writes to one, watches or calls it, reaches the user.
import {ofUser, put, remove} from './api.js';
import {confirm} from './dialogs.js';
import {h} from './dom.js';
import {card, field, nameInput} from './widgets.js';

async function takeAway(ctx, user, alias) {
  const sure = await confirm({title: `Take the name ${alias} away?`, yes: 'Take away',
    text: `Nobody reaches ${user} by it any more. Rosters and rules that name it keep it.`});
  if (sure) ctx.act(() => remove(ofUser(user, 'aliases', alias)), `${alias} is nobody’s name now.`);
}

async function give(ctx, user, form) {
  const alias = new FormData(form).get('alias').trim();
  const done = await ctx.act(() => put(ofUser(user, 'aliases', alias)), `${user} is ${alias} as well.`, form);
  if (done) form.reset();
}

export function aliasesCard(ctx, user, aliases) {
  return card('Aliases',
    h('p', {class: 'faint'}, aliases.length > 0 ? 'Other names by which the user is reached:' : 'The user has no other name.'),
    aliases.length > 0 && h('ul', {class: 'choices', 'aria-label': 'Aliases'}, aliases.map(({alias}) => h('li', {class: 'tag', key: alias},
      h('bdi', {}, alias), h('button', {class: 'small quiet', onclick: () => takeAway(ctx, user, alias)},
        'Remove…', h('span', {class: 'unseen'}, ` the alias ${alias}`))))),
    h('form', {class: 'row', onsubmit: event => {
      event.preventDefault();
      give(ctx, user, event.target);
    }}, field('Another name', nameInput({name: 'alias', id: 'alias', required: true, placeholder: 'sales'})),
    h('button', {type: 'submit'}, 'Add')));
}
