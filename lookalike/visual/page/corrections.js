// Corrections: rows as in edits/<dataset>.jsonl, applied to the groups as they were written, one after the other.
const LEADING = 5;  // photos in the middle of a group that a move names
const NO_GROUP = {id: -1, name: "", colour: "#bbbbbb", near: [], rank: DATA.groups.length};
const current = {label: photos.pred, groups: new Map(), moved: new Set(), version: 0};
let pending = [];

const identity = row => `${row.time} ${row.op} ${row.photos.length}`;
const isHere = row => row.photos.some(sha => rowsOf(sha).length);
const logged = new Set(DATA.log.map(row => `${row.time} ${row.op} ${row.photos}`));

function loadCorrections() {
  const rows = kept.read("edits");
  // Rows that the written groups have in them already are done with; those of another set of the same name stay.
  pending = (Array.isArray(rows) ? rows : []).filter(row => Array.isArray(row?.photos) && !logged.has(identity(row)));
  regroup();
}
function keepCorrections() {
  const known = new Map(pending.map(row => [identity(row), row]));
  const gone = keepCorrections.dropped;
  for (const row of kept.read("edits") || []) {  // of another tab
    const key = identity(row);
    if (!known.has(key) && !gone.has(key) && !logged.has(key)) pending.push(row);
  }
  pending.sort((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
  kept.write("edits", pending);
}
keepCorrections.dropped = new Set();

function say(op, fields) {
  const last = pending.length ? Date.parse(pending[pending.length - 1].time) : 0;
  const time = new Date(Math.max(Date.now(), last + 1)).toISOString();
  const row = {op, ...fields, time};
  pending.push(row);
  keepCorrections();
  regroup();
  return row;
}
const undoneDigests = () => new Set(pending.filter(row => row.op === "undo").map(row => row.row));
function undo(row) {
  const undone = undoneDigests();
  const said = row || pending.filter(one => one.op !== "undo" && isHere(one) && !undone.has(one.exported)).pop();
  if (!said) return toast("Nothing to undo.");
  if (said.op !== "undo" && said.exported) sayUndone(said, said.exported);  // the file may have been taken in since
  else {
    keepCorrections.dropped.add(identity(said));
    pending = pending.filter(one => one !== said);
    keepCorrections();
  }
  regroup();
  toast(`Undone: ${WORDS[said.op] || said.op}, ${count(said.photos.length, "photo")}.`);
}
function sayUndone(row, digest) { say("undo", {photos: row.photos, row: digest}); }

// The groups as they are now: those that were written, then what a person said.
function regroup() {
  const label = photos.pred.slice(), groups = new Map(), moved = new Set();
  DATA.groups.forEach((group, id) => groups.set(id, {...group, id}));
  groups.set(-1, {...NO_GROUP});
  const undone = undoneDigests();
  for (const row of pending) if (!undone.has(row.exported)) applyRow(row, label, groups, moved);
  Object.assign(current, {label, groups, moved, version: current.version + 1});
  countMembers();
  state.groups = state.groups.filter(id => groups.has(id));
  render();
}
function applyRow(row, label, groups, moved) {
  const rows = row.photos.flatMap(rowsOf);
  if (!rows.length || !(row.op in APPLIED)) return;
  APPLIED[row.op](row, rows, label, groups, moved);
}
const APPLIED = {
  move(row, rows, label, groups, moved) {
    const to = row.to.length ? commonest(row.to.flatMap(rowsOf), label) : -1;
    if (row.to.length && to < 0) return;
    for (const i of rows) if (label[i] !== to) { label[i] = to; moved.add(i); }
  },
  merge(row, rows, label, groups, moved) {
    const to = commonest(rows, label), from = new Set(rows.map(i => label[i]));
    if (to < 0) return;
    groups.get(to).name ||= [...from].map(id => groups.get(id).name).find(Boolean) || "";
    for (let i = 0; i < n; i++) if (label[i] >= 0 && label[i] !== to && from.has(label[i])) { label[i] = to; moved.add(i); }
    for (const i of rows) if (label[i] !== to) { label[i] = to; moved.add(i); }
  },
  split(row, rows, label, groups, moved) {
    let id = DATA.groups.length;
    while (groups.has(id)) id++;
    const like = groups.get(label[rows[0]]);
    groups.set(id, {id, name: "", colour: newColour(id, like), near: like.id < 0 ? [] : [like.id, ...like.near], rank: like.rank + 0.5});
    for (const i of rows) { label[i] = id; moved.add(i); }
  },
  name(row, rows, label, groups) { mark(rows, label, groups, "name", row.name); },
  lock(row, rows, label, groups) { mark(rows, label, groups, "locked", true); },
  confirm(row, rows, label, groups) { mark(rows, label, groups, "confirmed", true); },
};
function mark(rows, label, groups, field, value) {
  const group = groups.get(commonest(rows, label));
  if (group && group.id >= 0) group[field] = value;
}
function newColour(id, like) {
  const palette = [...new Set(DATA.groups.map(group => group.colour))];
  return palette[id % palette.length] === like.colour ? palette[(id + 1) % palette.length] : palette[id % palette.length] || "#0072B2";
}
function commonest(rows, label) {
  const counts = new Map();
  for (const i of rows) if (label[i] >= 0) counts.set(label[i], (counts.get(label[i]) || 0) + 1);
  let best = -1;
  for (const [id, found] of counts) if (best < 0 || found > counts.get(best) || (found === counts.get(best) && id < best)) best = id;
  return best;
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
const groupName = id => id < 0 ? "in no group" : current.groups.get(id)?.name || `group ${id}`;
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
    toast(`${count(rows.length, "photo")} moved: ${groupName(id)}. Z undoes.`);
  },
  split(rows) {
    if (!rows.length) return;
    say("split", {photos: shas(rows), from: stayBehind(rows, {every: true})});
    change({groups: [current.label[rows[0]]], photo: -1, view: state.view === "review" ? "photos" : state.view}, {push: true});
    toast(`New group of ${count(rows.length, "photo")}. Z undoes.`);
  },
  merge(ids) {
    const groups = ids.filter(id => id >= 0);
    if (groups.length < 2) return toast("Choose two groups or more to merge: Ctrl + click in the list.");
    const rows = groups.flatMap(id => current.groups.get(id).members);
    say("merge", {photos: shas(rows)});
    change({groups: [current.label[rows[0]]]});
    toast(`${groups.length} groups merged. Z undoes.`);
  },
  name(id, name) {
    if (name === current.groups.get(id).name) return;
    say("name", {photos: shas(current.groups.get(id).members), name});
  },
  lock(id) { say("lock", {photos: shas(current.groups.get(id).members)}); toast(`${groupName(id)} locked: it stays together.`); },
  confirm(id) { say("confirm", {photos: shas(current.groups.get(id).members)}); toast(`${groupName(id)} confirmed.`); },
};

// The file to take in: one row a line. The digest of a row is what an undo names.
async function digestOf(row) {
  const sorted = Object.fromEntries(Object.keys(row).filter(key => key !== "exported").sort().map(key => [key, row[key]]));
  const bytes = new TextEncoder().encode(JSON.stringify(sorted));
  return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), byte => HEX[byte]).join("");
}
async function exportCorrections() {
  const rows = pending.filter(isHere);
  if (!rows.length) return toast("No corrections to export.");
  const lines = rows.map(({exported, ...row}) => JSON.stringify(row) + "\n");
  download(`${DATA.dataset}.jsonl`, lines, "application/jsonl");
  if (globalThis.crypto?.subtle) for (const row of rows) row.exported = await digestOf(row);
  keepCorrections();
  render();
}
