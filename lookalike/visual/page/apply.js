// What rows of corrections make of groups: the same as lookalike/edits/said.py and apply.py, so that the page shows now
// what the stage will make of the file. Names here are those there.
const FREE = -1, OUT = -2;  // of photos in no block: nothing is said of them; they are said to be in no group

function placeRows(rows) {
  const find = names => [...new Set((names || []).flatMap(name => typeof name === "number" ? [name] : rowsOf(name)))].sort((a, b) => a - b);
  const placed = rows.filter(row => row.op in STEPS || row.op === "name").map(row => ({
    row, photos: find(row.photos), others: find(row.op === "move" ? row.to : row.op === "split" ? row.from : []),
  }));
  return placed.filter(({row, photos, others}) => photos.length && !(row.op === "move" && row.to.length && !others.length));
}

// The rows that stand, of `rows` in the order of time; an undo names the digest of a row, and may be undone.
function standing(rows) {
  const gone = new Set();
  for (const row of [...rows].reverse()) if (row.op === "undo" && !gone.has(row.key ?? row.exported)) gone.add(row.row);
  return rows.filter(row => row.op !== "undo" && !gone.has(row.key ?? row.exported));
}

// Blocks are photos that are said to be together; the last row that speaks of a photo counts.
function compileRows(placed) {
  const said = {block: new Int32Array(n).fill(FREE), votes: new Uint8Array(n).fill(1), mentioned: new Uint8Array(n),
                moved: new Int32Array(n).fill(-1), members: new Map(), merged: new Set(), aparts: [], blocks: 0};
  placed.forEach((one, number) => {
    for (const i of one.photos) said.mentioned[i] = 1;
    for (const i of one.others) said.mentioned[i] = 1;
    STEPS[one.row.op]?.(said, one, number);
  });
  return said;
}
const STEPS = {
  move(said, {photos, others}, number) {
    leaveBlocks(said, photos);
    for (const i of photos) said.moved[i] = number;
    if (!others.length) { for (const i of photos) said.block[i] = OUT; return; }
    for (const i of photos) said.votes[i] = 0;
    joinBlocks(said, [...photos, ...others]);
  },
  split(said, {photos, others}, number) {
    leaveBlocks(said, photos);
    for (const i of photos) said.votes[i] = 1;
    joinBlocks(said, photos);
    const own = new Set(photos);
    said.aparts.push({said: number, sides: [photos, others.filter(i => !own.has(i))]});
  },
  merge(said, {photos}) { joinBlocks(said, photos); said.merged.add(said.block[photos[0]]); },
  lock(said, {photos}) { joinBlocks(said, photos); },
  confirm(said, {photos}) { joinBlocks(said, photos); },
};
function leaveBlocks(said, photos) {
  for (const i of photos) {
    said.members.get(said.block[i])?.delete(i);
    said.block[i] = FREE;
  }
}
function joinBlocks(said, photos) {
  const union = new Set(photos), id = said.blocks++;
  for (const block of new Set(photos.map(i => said.block[i]))) {
    if (block < 0) continue;
    for (const i of said.members.get(block)) union.add(i);
    said.members.delete(block);
    if (said.merged.has(block)) said.merged.add(id);
  }
  for (const i of union) said.block[i] = id;
  said.members.set(id, union);
  said.aparts = said.aparts.filter(apart => !sidesOf(said, apart).every(side => side.some(i => union.has(i))));
}
const sidesOf = (said, apart) => apart.sides.map(side => side.filter(i => said.moved[i] <= apart.said));

// The groups of all photos, from those as found; groups that are new have numbers from `fresh`.
function solve(found, said, fresh) {
  const label = found.slice(), settled = new Uint8Array(n), sizes = new Map(), blocks = [];
  for (let i = 0; i < n; i++) {
    if (said.block[i] === OUT) label[i] = -1;
    settled[i] = said.block[i] < 0 ? 1 : 0;
    sizes.set(found[i], (sizes.get(found[i]) || 0) + 1);
  }
  for (const [id, members] of said.members) if (members.size) blocks.push({id, rows: [...members].sort((a, b) => photos.row[a] - photos.row[b])});
  blocks.sort((a, b) => b.rows.length - a.rows.length || photos.row[a.rows[0]] - photos.row[b.rows[0]]);
  const aparts = said.aparts.map(apart => sidesOf(said, apart));
  for (const {id, rows} of blocks) {
    const home = homeOf(found, rows, said, forbiddenTo(label, settled, rows, aparts)) ?? fresh++;
    if (said.merged.has(id)) takeAlong(label, found, said, rows, sizes, home);
    for (const i of rows) { label[i] = home; settled[i] = 1; }
  }
  return label;
}
function tally(rows, label) {
  const counts = new Map();
  for (const i of rows) if (label[i] >= 0) counts.set(label[i], (counts.get(label[i]) || 0) + 1);
  return counts;
}
function homeOf(found, rows, said, forbidden) {
  const voters = rows.filter(i => said.votes[i]), counts = tally(voters.length ? voters : rows, found);
  const allowed = [...counts].filter(([id]) => !forbidden.has(id)).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return allowed.length ? allowed[0][0] : null;
}
function forbiddenTo(label, settled, rows, aparts) {
  const inside = new Set(rows), forbidden = new Set();
  for (const [one, other] of aparts) for (const [own, others] of [[one, other], [other, one]]) {
    if (own.some(i => inside.has(i))) for (const i of others) if (settled[i] && !inside.has(i)) forbidden.add(label[i]);
  }
  return forbidden;
}
function takeAlong(label, found, said, rows, sizes, home) {  // the rest of groups that are mostly in a merged block
  const whole = new Set([...tally(rows, found)].filter(([id, size]) => 2 * size > sizes.get(id)).map(([id]) => id));
  for (let i = 0; i < n; i++) if (whole.has(found[i]) && !said.mentioned[i]) label[i] = home;
}

// The group that most of the photos are in; of several the one whose number will be lowest, see `closeGaps`.
function commonest(rows, label, numbers = null) {
  const number = id => numbers ? numbers.get(id) : id;
  let best = -1, most = 0;
  for (const [id, size] of tally(rows, label)) if (size > most || (size === most && number(id) < number(best))) [best, most] = [id, size];
  return best;
}
// The numbers that the stage will give: those that became free go to the groups of the highest numbers.
function closeGaps(label) {
  const used = [...new Set(label)].filter(id => id >= 0).sort((a, b) => a - b), taken = new Set(used);
  const free = used.map((_, number) => number).filter(number => !taken.has(number));
  return new Map(used.map(id => [id, id < used.length ? id : free.shift()]));
}
