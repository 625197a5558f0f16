// Which photos are shown, and in what order: of the chosen groups, or of all, that pass search and filters.
const SORTS = [["best", "best first"], ["name", "by name"], ["date", "by date"], ["likeness", "by likeness"],
               ["group", "by group"]];  // the last of look-alikes alone
const ORDERS = [["size", "largest first"], ["worst", "worst first"], ["likeness", "by likeness"], ["name", "by name"]];
const ONLY = [["", "all photos"], ["none", "in no group"], ["mismatch", "label differs from its group's"],
              ["copies", "near copies"], ["moved", "moved by you"]];
const PASSES = {
  "": () => true, none: i => current.label[i] < 0, mismatch: isMismatch, copies: i => copiesOf.has(i),
  moved: i => current.moved.has(i),
};
const LINE_FROM = 8;  // photos of a group from which a line is drawn where confidence falls

let haystacks = null;
function haystack(i) {
  haystacks ||= new Array(n);
  return haystacks[i] ||= fold([DATA.paths[i], DATA.labels[photos.label[i]], ...(DATA.products.rows[i] || [])].join("\n"));
}
function passes() {
  const words = fold(state.words).split(/\s+/).filter(Boolean), only = PASSES[state.only];
  const names = words.length ? new Map([...current.groups.keys()].map(id => [id, fold(groupName(id))])) : null;
  const exact = names && [...names].filter(([, name]) => name === fold(state.words).trim()).map(([id]) => id);
  if (exact?.length) words.splice(0);  // the name of a group means that group
  return i => only(i) && (!exact?.length || exact.includes(current.label[i])) && (state.label < 0 || photos.label[i] === state.label) &&
    (!state.category || categoryOf(i) === state.category) &&
    (state.unsure >= 1 || confidence(i) <= state.unsure) &&
    words.every(word => haystack(i).includes(word) || names.get(current.label[i]).includes(word));
}
const isFiltered = () => Boolean(state.words.trim() || state.only || state.label >= 0 || state.category || state.unsure < 1);

function orderedGroups() {
  const by = {
    size: (a, b) => b.size - a.size, worst: (a, b) => (a.cohesion ?? 2) - (b.cohesion ?? 2),
    likeness: (a, b) => a.rank - b.rank,
    name: (a, b) => groupName(a.id).localeCompare(groupName(b.id), undefined, {numeric: true}),
  }[state.order];
  const found = foundGroups().sort((a, b) => by(a, b) || a.id - b.id), none = current.groups.get(-1);
  return none ? [none, ...found] : found;
}

// Sections of photos: {group, rows, line}, line the place from which confidence is below half of the group's usual one.
let lastKey = "", lastShown = null;
function shown() {
  const key = JSON.stringify([current.version, state.groups, state.words, state.only, state.label, state.category, state.unsure,
                              state.sort, state.order, state.sort === "likeness" ? state.photo : 0, alike?.version]);
  if (key === lastKey) return lastShown;
  lastKey = key;
  const pass = passes(), chosen = state.groups.length ? state.groups.map(id => current.groups.get(id)) : orderedGroups();
  let sections;
  if (alike) sections = sectionsOfAlike(pass);
  else if (state.sort === "best" || state.sort === "group") {
    sections = chosen.map(group => ({group, rows: group.members.filter(pass)})).filter(section => section.rows.length);
    for (const section of sections) section.line = lineIn(section);
  } else {
    const rows = chosen.flatMap(group => group.members).filter(pass);
    sections = rows.length ? [{group: null, rows: sorted(rows), line: -1}] : [];
  }
  const flat = sections.flatMap(section => section.rows);
  return lastShown = {sections, flat, places: null, differ: null};
}
const placeOf = i => {
  const now = shown();
  now.places ||= new Map(now.flat.map((row, place) => [row, place]));
  return now.places.get(i) ?? -1;
};
function lineIn({group, rows}) {
  if (group.id < 0 || rows.length < LINE_FROM || isFiltered()) return -1;
  const found = rows.filter(i => !current.moved.has(i));
  const usual = confidence(found[found.length >> 1] ?? rows[0]);
  const place = rows.findIndex(i => current.moved.has(i) || confidence(i) < usual / 2);
  return place > 0 ? place : -1;
}
function sorted(rows) {
  if (state.sort === "name") return rows.sort((a, b) => DATA.paths[a] < DATA.paths[b] ? -1 : 1);
  if (state.sort === "date") return rows.sort((a, b) => photos.taken[a] - photos.taken[b] || a - b);
  if (state.photo >= 0) return byNearness(rows, state.photo);
  const place = Float64Array.from({length: n}, (_, i) => hilbert(photos.places[2 * i], photos.places[2 * i + 1]));
  return rows.sort((a, b) => place[a] - place[b] || a - b);
}
function byNearness(rows, to) {
  const similar = new Map([...similarTo(photos.inside, to), ...similarTo(photos.outside, to)].map((i, rank) => [i, rank - 100]));
  const gap = i => i === to ? -1000 : similar.get(i) ??
    Math.hypot(photos.places[2 * i] - photos.places[2 * to], photos.places[2 * i + 1] - photos.places[2 * to + 1]);
  return rows.sort((a, b) => gap(a) - gap(b) || a - b);
}
function similarTo(array, i) {
  return Array.from(array.subarray(i * DATA.similar, (i + 1) * DATA.similar)).filter(other => other >= 0);
}
