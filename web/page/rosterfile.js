// rosterfile.js: what a file of a roster holds, entry by entry with the line where each begins. Only
// to show it before it is sent, and to find the line of a fault: the server is who judges it.

const TYPES = {json: 'application/json', csv: 'text/csv', vcf: 'text/vcard', vcard: 'text/vcard'};

/** By the name's ending; JSON when it says nothing. */
export const typeOf = name => TYPES[name.split('.').pop().toLowerCase()] ?? 'application/json';

/** Rows of cells; a quoted cell may go over several lines (RFC 4180). */
function rowsOf(text) {
  const rows = [];
  let line = 1, row = {line, cells: []}, cell = '', quoted = false;
  const endRow = () => {
    row.cells.push(cell);
    rows.push(row);
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\n') line++;
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[++i];
    else if (c === '"' && (quoted || cell === '')) quoted = !quoted;
    else if (quoted) cell += c;
    else if (c === ',') {
      row.cells.push(cell);
      cell = '';
    }
    else if (c === '\n') {
      endRow();
      row = {line, cells: []};
    } else if (c !== '\r') cell += c;
  }
  if (cell !== '' || row.cells.length > 0) endRow();
  return rows;
}

function csvEntries(text) {
  const [head, ...rows] = rowsOf(text.replace(/^\ufeff/, ''));
  const names = (head?.cells ?? []).map(name => name.trim().toLowerCase());
  return rows.filter(row => row.cells.some(cell => cell !== '')).map(({line, cells}) => {
    const at = name => (cells[names.indexOf(name)] ?? '').trim();
    return {line, uri: at('uri'), name: at('display_name'), groups: at('groups').split(';').filter(Boolean)};
  });
}

function vcardEntries(text) {
  const entries = [];
  text.split(/\r?\n/).forEach((line, i) => {
    const [, name, value] = /^(?:[\w-]+\.)?([\w-]+)[^:]*:(.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (/^BEGIN:VCARD/i.test(line)) entries.push({line: i + 1, uri: '', name: '', groups: []});
    else if (last && name?.toUpperCase() === 'FN') last.name = value;
    else if (last && name?.toUpperCase() === 'IMPP' && !last.uri) last.uri = value;
    else if (last && name?.toUpperCase() === 'CATEGORIES') last.groups = value.split(',');
  });
  return entries;
}

/** The lines where the objects of the array "items" begin. */
function itemLines(text) {
  const lines = [], open = [];
  let line = 1, word = '', key = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:\n]/g)) {
    if (token === '\n') line++;
    else if (token === ':' && open.length === 1) key = word;
    else if (token === '}' || token === ']') open.pop();
    else if (token === '{' || token === '[') {
      if (token === '{' && open.join('') === '{[' && key === '"items"') lines.push(line);
      open.push(token);
    } else word = token;
  }
  return lines;
}

function jsonEntries(text) {
  let items = [];
  try {
    items = JSON.parse(text).items;
  } catch {
    return []; // the server says where it is wrong
  }
  const lines = itemLines(text);
  return (Array.isArray(items) ? items : []).map((one, i) => ({line: lines[i], uri: String(one?.uri ?? ''),
    name: one?.display_name, groups: Array.isArray(one?.groups) ? one.groups : []}));
}

export function entriesOf(text, type) {
  if (type === 'text/csv') return csvEntries(text);
  return type === 'text/vcard' ? vcardEntries(text) : jsonEntries(text);
}
