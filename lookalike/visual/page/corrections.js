// Corrections: rows as in edits/<dataset>.jsonl, and the groups as they are with them.
const LEADING = 5;  // photos in the middle of a group that a move names
const NO_GROUP = {id: -1, name: "", colour: "#bbbbbb", near: [], rank: DATA.groups.length};
const current = {label: photos.pred, groups: new Map(), moved: new Set(), version: 0};
let pending = [];

const identity = row => `${row.time} ${row.op} ${row.photos.length}`;
const isRow = row => Array.isArray(row?.photos) && typeof row.op === "string" && typeof row.time === "string";
const isHere = row => row.photos.some(sha => rowsOf(sha).length);
const logged = new Set(DATA.log.map(row => `${row.time} ${row.op} ${row.photos}`));
const undoneOnDisk = new Set(DATA.log.filter(row => row.state === "undone").map(row => row.row));
// Rows that the written groups have in them are done with, and so are undos of them.
const isTakenIn = row => logged.has(identity(row)) || (row.op === "undo" && undoneOnDisk.has(row.row));
const storedRows = () => {
  const rows = kept.read("edits");
  return Array.isArray(rows) ? rows.filter(isRow) : [];
};
const droppedRows = new Set();  // undone here: not to be taken for rows of another tab

function gatherRows(rows) {  // what is stored, with what another tab has said and what could not be stored
  const all = new Map(rows.map(row => [identity(row), row]));
  for (const row of storedRows()) if (!all.has(identity(row))) all.set(identity(row), row);
  pending = [...all].filter(([key, row]) => !droppedRows.has(key) && !isTakenIn(row)).map(([, row]) => row);
  pending.sort((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
}
function loadCorrections() {
  gatherRows(kept.refused.has("edits") ? pending : []);
  regroup();
}
function keepCorrections() {
  gatherRows(pending);
  kept.write("edits", pending);
  if (SERVER) saveCorrections();
}

// A row is later than all others, also than those of a clock that goes ahead, and than one undone a moment before:
// with the time of that one it would be taken for it, and dropped.
let latest = 0;
function nextTime() {
  const others = [...pending, ...DATA.log].map(row => Date.parse(row.time)).filter(Number.isFinite);
  latest = others.reduce((last, time) => Math.max(last, time + 1), Math.max(latest + 1, Date.now()));
  return new Date(latest).toISOString();
}
function addRow(op, fields) {
  const row = {op, ...fields, time: nextTime()};
  pending.push(row);
  return row;
}
function say(op, fields) {
  const wanted = {label: current.label.slice(), names: new Map([...current.groups].map(([id, group]) => [id, group.name]))};
  const row = addRow(op, fields);
  if (op in MEANS) MEANS[op](row, row.photos.flatMap(rowsOf), wanted);
  regroup();
  for (let round = 0; round < 4 && mend(wanted, row); round++) regroup();
  keepCorrections();
  render();
  return row;
}
// What a person means by a row: the groups as they are seen, but for what the row says.
const MEANS = {
  move(row, rows, {label}) {
    const to = row.to.length ? commonest(row.to.flatMap(rowsOf), label) : -1;
    for (const i of rows) label[i] = to;
  },
  merge(row, rows, {label, names}) {
    const to = commonest(rows, label), from = new Set(rows.map(i => label[i]));
    names.set(to, names.get(to) || [...from].map(id => names.get(id)).find(Boolean) || "");
    for (const i of rows) label[i] = to;
  },
  split(row, rows, {label, names}) {
    const id = label.reduce((most, one) => Math.max(most, one), DATA.groups.length) + 1;  // a number that no group has
    for (const i of rows) label[i] = id;
    names.set(id, "");
  },
  name(row, rows, {label, names}) { names.set(commonest(rows, label), row.name); },
};
// Rows are literal, and an older one may need another word for what is meant now, such as a photo that was moved to
// photos which now leave. The rows that say so belong to `row`, and are undone with it. Returns whether there are any.
function mend(wanted, row) {
  const groups = new Map(), claimed = new Set(), extra = [];
  for (let i = 0; i < n; i++) {
    if (!groups.has(wanted.label[i])) groups.set(wanted.label[i], []);
    groups.get(wanted.label[i]).push(i);
  }
  const out = (groups.get(-1) || []).filter(i => current.label[i] >= 0);
  if (out.length) extra.push(["move", {photos: shas(out), to: [], from: []}]);
  groups.delete(-1);
  const homes = new Map(), bySize = [...groups].sort((a, b) => b[1].length - a[1].length);
  for (const [id, rows] of bySize) {
    const likely = [...tally(rows, current.label)].filter(([home]) => !claimed.has(home)).sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
    const home = likely ? likely[0] : -1;
    homes.set(id, home);
    claimed.add(home);
    const astray = rows.filter(i => current.label[i] !== home), right = rows.filter(i => current.label[i] === home);
    if (!astray.length) continue;
    if (right.length) extra.push(["move", {photos: shas(astray), to: shas(right.slice(0, LEADING)), from: []}]);
    else extra.push(["split", {photos: shas(rows), from: stayBehind(rows, {every: true})}]);
  }
  if (!extra.length) for (const [id, home] of homes) {
    const name = wanted.names.get(id) || "";
    if (home >= 0 && current.groups.get(home).name !== name) extra.push(["name", {photos: shas(groups.get(id)), name}]);
  }
  for (const [op, fields] of extra) addRow(op, {...fields, with: row.time});
  return extra.length > 0;
}

// What the stage would find: the rows taken in and those of here, in the order of time.
const allRows = () => [...DATA.said, ...pending].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
const mayUndo = row => !row.with && !(row.op === "undo" && row.exported) && (row.op === "undo" || standing(allRows()).includes(row));
function undo(row) {
  const said = row || standing(allRows()).filter(one => pending.includes(one) && !one.with && isHere(one)).pop();
  if (!said) return toast("Nothing to undo.");
  for (const one of pending.filter(other => other === said || other.with === said.time)) {
    if (one.exported) addRow("undo", {photos: one.photos, row: one.exported});  // the file may have been taken in since
    else {
      droppedRows.add(identity(one));
      pending = pending.filter(other => other !== one);
    }
  }
  keepCorrections();
  regroup();
  toast(`Undone: ${WORDS[said.op] || said.op}, ${count(said.photos.length, "photo")}.`);
}

// The groups as they are now: as found, with all that was said. The written groups keep their numbers, though the rows
// may have given them new ones.
const FOUND = photos.found.reduce((most, id) => Math.max(most, id + 1), 0);
let written = null;
function readWritten() {
  const label = solve(photos.found, compileRows(placeRows(standing(DATA.said))), FOUND), number = new Map();
  const same = label.every((id, i) => {
    if (!number.has(id)) number.set(id, photos.pred[i]);
    return number.get(id) === photos.pred[i];
  });
  // A result that is not what the rows make, such as one of a log that grew since, is taken as it is.
  written = same && new Set(number.values()).size === number.size ? {found: photos.found, said: DATA.said, number, fresh: FOUND} :
    {found: photos.pred, said: [], number: new Map(DATA.groups.map((_, id) => [id, id])), fresh: DATA.groups.length};
}
function regroup() {
  if (!written) readWritten();
  const placed = placeRows(standing([...written.said, ...pending].sort((a, b) => Date.parse(a.time) - Date.parse(b.time))));
  const mine = placed.some(({row}) => pending.includes(row)) || pending.some(row => row.op === "undo");
  const raw = mine ? solve(written.found, compileRows(placed), written.fresh) : null;
  const label = raw ? renumber(raw) : photos.pred.slice();
  const groups = new Map([[-1, {...NO_GROUP}]]), moved = new Set();
  for (let i = 0; i < n; i++) {
    const id = label[i];
    if (id !== photos.pred[i]) moved.add(i);
    if (!groups.has(id)) groups.set(id, id < DATA.groups.length ? {...DATA.groups[id], id} : newGroup(id, photos.pred[i]));
  }
  if (mine) giveNames(placed, raw, label, groups);
  Object.assign(current, {label, groups, moved, version: current.version + 1});
  countMembers();
  state.groups = state.groups.filter(id => groups.has(id));
  render();
}
// Groups that were found keep the number they were written with; new ones that were written take it by their photos;
// others have that of the row that made them, and so keep it while others come and go.
function renumber(raw) {
  const numbers = new Map([[-1, -1]]), taken = new Set([-1]), claims = new Map();
  const give = (id, number) => { numbers.set(id, number); taken.add(number); };
  for (const id of new Set(raw)) if (id < written.fresh && written.number.has(id)) give(id, written.number.get(id));
  for (let i = 0; i < n; i++) {
    if (numbers.has(raw[i])) continue;
    const key = `${raw[i]} ${photos.pred[i]}`;
    claims.set(key, (claims.get(key) || 0) + 1);
  }
  for (const [key] of [...claims].sort((a, b) => b[1] - a[1])) {
    const [id, number] = key.split(" ").map(Number);
    if (!numbers.has(id) && !taken.has(number)) give(id, number);
  }
  pending.forEach((row, place) => {
    for (const i of row.op === "split" ? row.photos.flatMap(rowsOf) : []) if (!numbers.has(raw[i])) return give(raw[i], DATA.groups.length + place);
  });
  let next = DATA.groups.length + pending.length;
  for (const id of raw) if (!numbers.has(id)) give(id, next++);
  return raw.map(id => numbers.get(id));
}
function newGroup(id, from) {
  const like = DATA.groups[from], palette = [...new Set(DATA.groups.map(group => group.colour)), "#0072B2", "#E69F00"];
  const colour = palette[id % palette.length] === like?.colour ? palette[(id + 1) % palette.length] : palette[id % palette.length];
  return {id, name: "", colour, near: like ? [from, ...like.near] : [], rank: like ? like.rank + 0.5 : DATA.groups.length};
}
// A name, a lock and a confirmation are of the group that has most of the row's photos in the end.
function giveNames(placed, raw, label, groups) {
  const numbers = closeGaps(raw), fields = {name: "name", lock: "locked", confirm: "confirmed"};
  for (const group of groups.values()) Object.assign(group, {name: "", locked: false, confirmed: false});
  const give = (rows, field, value) => {
    const home = commonest(rows, raw, numbers);
    if (home >= 0) groups.get(label[rows.find(i => raw[i] === home)])[field] = value;
  };
  if (!written.said.length) {  // what was written without its rows stays with most of its photos
    const own = new Map(DATA.groups.map((_, id) => [id, []]));
    photos.pred.forEach((id, i) => own.get(id)?.push(i));
    DATA.groups.forEach((group, id) => Object.values(fields).forEach(field => group[field] && give(own.get(id), field, group[field])));
  }
  for (const {row, photos: rows} of placed) if (row.op in fields) give(rows, fields[row.op], row.op === "name" ? row.name : true);
}

function countMembers() {
  const members = new Map([...current.groups.keys()].map(id => [id, []]));
  const late = new Map();  // photos that came by a correction follow those that were found
  for (let i = 0; i < n; i++) {
    const id = current.label[i], list = current.moved.has(i) ? late : members;
    if (!list.has(id)) list.set(id, []);
    list.get(id).push(i);
  }
  for (const [id, group] of current.groups) {
    group.members = members.get(id).concat(late.get(id) || []);
    if (!group.members.length) { current.groups.delete(id); continue; }
    group.size = group.members.length;
    group.exemplar = group.members[0];
    group.cohesion = id < 0 ? null : cohesionOf(group.members);
    group.label = hasLabels && id >= 0 ? majority(group.members) : -1;
  }
}
function cohesionOf(members) {  // rows have length 1, so 1 - the mean squared distance to their mean is the mean cosine
  let sum = 0, known = 0;
  for (const i of members) {
    const own = current.moved.has(i) ? null : distance(photos.own[i]);
    if (own !== null) { sum += own * own; known++; }
  }
  return known ? Math.max(0, 1 - sum / known) : null;
}
function majority(members) {
  const counts = new Map();
  for (const i of members) if (DATA.labels[photos.label[i]] !== "") counts.set(photos.label[i], (counts.get(photos.label[i]) || 0) + 1);
  let best = -1;
  for (const [code, found] of counts) if (best < 0 || found > counts.get(best)) best = code;
  return best;
}
const groupOf = i => current.groups.get(current.label[i]);
const calledOf = group => group?.name || group?.called || "";  // as a person said, else as was found
const groupName = id => id < 0 ? "in no group" : calledOf(current.groups.get(id)) || `group ${id}`;
const isMismatch = i => hasLabels && current.label[i] >= 0 && DATA.labels[photos.label[i]] !== "" && photos.label[i] !== groupOf(i).label;
const foundGroups = () => [...current.groups.values()].filter(group => group.id >= 0);

// What a person can say, of groups and photos as they are seen.
const WORDS = {move: "move", merge: "merge", split: "new group", name: "name", lock: "lock", confirm: "confirm", undo: "undo"};
const shas = rows => [...new Set([...rows].map(sha256))];
function stayBehind(rows, {every = false, except = null} = {}) {
  const leaving = new Set(rows), groups = new Set([...rows].map(i => current.label[i]));
  const stay = [];
  for (const id of [...groups].sort((a, b) => a - b)) {
    if (id < 0 || id === except) continue;
    const left = current.groups.get(id).members.filter(i => !leaving.has(i));
    stay.push(...(every ? left : left.slice(0, LEADING)));
  }
  return shas(stay);
}
const edit = {
  move(rows, id) {
    const leaving = new Set(rows);
    const to = id < 0 ? [] : current.groups.get(id).members.filter(i => !leaving.has(i)).slice(0, LEADING);
    if (id >= 0 && !to.length) return toast("These photos are all of that group already.");
    say("move", {photos: shas(rows), to: shas(to), from: stayBehind(rows, {except: id})});
    toast(`${count(rows.length, "photo")} moved: ${groupName(id)}.`, {canUndo: true});
  },
  split(rows) {
    if (!rows.length) return;
    say("split", {photos: shas(rows), from: stayBehind(rows, {every: true})});
    if (state.view !== "review") change({groups: [current.label[rows[0]]], photo: -1}, {push: true});
    toast(`New group of ${count(rows.length, "photo")}.`, {canUndo: true});
  },
  merge(ids) {
    const groups = ids.filter(id => id >= 0);
    if (groups.length < 2) return toast("Choose two groups or more to merge: Ctrl + click in the list.");
    const rows = groups.flatMap(id => current.groups.get(id).members);
    say("merge", {photos: shas(rows)});
    if (state.view !== "review") change({groups: [current.label[rows[0]]]});
    toast(`${groups.length} groups merged.`, {canUndo: true});
  },
  name(id, text) {
    const name = text.toWellFormed().trim();
    if (name === current.groups.get(id).name) return;
    say("name", {photos: shas(current.groups.get(id).members), name});
  },
  lock(id) { mark(id, "lock", "locked", "stays together from now on"); },
  confirm(id) { mark(id, "confirm", "confirmed", "is right"); },
};

function mark(id, op, field, words) {  // again takes it back, where it was said here
  const group = current.groups.get(id), own = new Set(shas(group.members));
  if (!group[field]) {
    say(op, {photos: [...own]});
    return toast(`${groupName(id)} ${words}.`, {canUndo: true});
  }
  const row = pending.filter(one => one.op === op && mayUndo(one) && one.photos.some(sha => own.has(sha))).pop();
  if (row) undo(row); else toast(`${groupName(id)} is ${field} already.`);
}

// The file to take in: one row a line. The digest of a row is what an undo names.
async function digestOf(row) {
  const sorted = Object.fromEntries(Object.keys(row).filter(key => key !== "exported").sort().map(key => [key, row[key]]));
  const bytes = new TextEncoder().encode(JSON.stringify(sorted));
  return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), byte => HEX[byte]).join("");
}
let exportedAs = "";
async function exportCorrections() {
  const rows = pending.filter(isHere);
  if (!rows.length) return toast("No corrections to export.");
  const lines = rows.map(({exported, ...row}) => JSON.stringify(row) + "\n");
  exportedAs = fileNamed("corrections", "jsonl");
  download(exportedAs, lines, "application/jsonl");
  const digests = globalThis.crypto?.subtle ? await Promise.all(rows.map(digestOf)) : [];  // only where the page is secure
  const byRow = new Map(rows.map((row, place) => [identity(row), digests[place]]));
  for (const row of pending) if (byRow.get(identity(row))) row.exported = byRow.get(identity(row));
  keepCorrections();
  render();
  if (at("corrections_dialog").open) showCorrections();
}
