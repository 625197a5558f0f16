// The grid of photos: all of them can be scrolled to; only those in view are in the page.
const grid = at("grid");
const TITLE_HEIGHT = 34, LINE_HEIGHT = 26, GAP = 6, LARGE = 128;  // above, the prepared photo itself is loaded
let blocks = [], laid = "", cells = new Map(), focusedPhoto = -1, anchorPhoto = -1, columns = 1;

const cellHeight = () => state.size + GAP + (state.size >= 140 ? 18 : 0);
function layGrid() {
  const {sections} = shown(), width = Math.max(50, grid.clientWidth - 2 * GAP);
  const now = `${lastKey} ${width} ${state.size}`;
  if (now === laid) return;
  const kept = laid.startsWith(`${lastKey} `) ? photoInView() : null;  // stays where it is when the grid gets narrower
  laid = now;
  columns = Math.max(1, Math.floor((width + GAP) / (state.size + GAP)));
  blocks = [];
  let top = GAP;
  const add = (kind, section, rows, height) => { blocks.push({kind, section, rows, top, height}); top += height; };
  for (const section of sections) {
    if (sections.length > 1) add("title", section, [], TITLE_HEIGHT);
    const parts = section.line > 0 ? [section.rows.slice(0, section.line), section.rows.slice(section.line)] : [section.rows];
    parts.forEach((rows, part) => {
      if (part) add("line", section, [], LINE_HEIGHT);
      add("cells", section, rows, Math.ceil(rows.length / columns) * cellHeight());
    });
  }
  at("grid_space").style.height = `${top + GAP}px`;
  at("grid_space").replaceChildren();
  cells = new Map();
  if (kept) grid.scrollTop = topOf(kept.i) - kept.below;
}
function photoInView() {
  const isSeen = i => cells.has(i) && topOf(i) >= grid.scrollTop && topOf(i) + state.size <= grid.scrollTop + grid.clientHeight + cellHeight();
  const i = [state.photo, focusedPhoto].find(isSeen) ?? [...cells.keys()].filter(key => typeof key === "number").sort((a, b) => placeOf(a) - placeOf(b)).find(isSeen);
  return i === undefined ? null : {i, below: topOf(i) - grid.scrollTop};
}
function renderGrid() {
  if (state.view !== "photos") return;
  const hadFocus = grid.contains(document.activeElement);
  layGrid();
  fillGrid();
  if (hadFocus && !grid.contains(document.activeElement)) cells.get(focusedPhoto)?.focus({preventScroll: true});
}
function fillGrid() {
  const from = grid.scrollTop - grid.clientHeight / 2, to = grid.scrollTop + 1.5 * grid.clientHeight;
  const wanted = new Map();
  let low = 0, high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle].top + blocks[middle].height < from) low = middle + 1; else high = middle;
  }
  for (let place = low; place < blocks.length && blocks[place].top < to; place++) {
    const block = blocks[place];
    if (block.kind !== "cells") { wanted.set(`${block.kind}${place}`, () => divider(block)); continue; }
    const first = Math.max(0, Math.floor((from - block.top) / cellHeight())) * columns;
    const last = Math.min(block.rows.length, (Math.floor((to - block.top) / cellHeight()) + 1) * columns);
    for (let k = first; k < last; k++) wanted.set(block.rows[k], () => cell(block, k));
  }
  for (const [key, node] of cells) if (!wanted.has(key)) { node.remove(); cells.delete(key); }
  for (const [key, make] of wanted) {
    if (!cells.has(key)) {
      const node = make();
      cells.set(key, node);
      at("grid_space").append(node);
    }
    if (typeof key === "number") markCell(cells.get(key), key);
  }
  // The Tab key leads to the photo that had the focus, or to the first in view where that one is scrolled away.
  const photosHere = [...cells.keys()].filter(key => typeof key === "number");
  const inView = photosHere.find(i => cells.get(i).offsetTop >= grid.scrollTop) ?? photosHere[0];
  const tabbed = cells.has(focusedPhoto) ? focusedPhoto : inView;
  for (const i of photosHere) cells.get(i).tabIndex = i === tabbed ? 0 : -1;
}
function divider({kind, section, top}) {
  const id = section.group.id;
  const node = kind === "line" ? el("div", {class: "line", text: "less sure from here on"}) :
    el("button", {class: "section", type: "button", tabindex: -1, onclick: event => chooseGroup(id, event)},
      el("b", {}, named(groupName(id))), ` ${count(section.rows.length, "photo")}`);
  node.style.top = `${top}px`;
  if (kind !== "line") node.style.borderLeftColor = section.group.colour;
  return node;
}
function cell(block, k) {
  const i = block.rows[k];
  const node = el("button", {class: "cell", type: "button", "data-photo": i, tabindex: -1},
    thumbnail(i, state.size, {"aria-hidden": "true"}));
  if (state.size > LARGE && imageAddress(i)) {
    const image = el("img", {src: imageAddress(i), alt: "", loading: "lazy", decoding: "async", draggable: "false"});
    image.addEventListener("error", () => image.remove());
    node.firstChild.append(image);
  }
  if (alike) node.append(el("span", {class: "score", text: alike.scores.get(i).toFixed(2)}));
  if (state.size >= 140) node.append(el("small", {}, named(fileName(i))));
  node.style.left = `${GAP + k % columns * (state.size + GAP)}px`;
  node.style.top = `${block.top + Math.floor(k / columns) * cellHeight()}px`;
  node.style.width = `${state.size}px`;
  return node;
}
function markCell(node, i) {
  const mismatch = isMismatch(i), isSelected = selected.has(i);
  const words = [fileName(i), groupName(current.label[i])];
  if (hasLabels) words.push(`label ${labelName(photos.label[i])}${mismatch ? ", differs from its group's" : ""}`);
  node.setAttribute("aria-label", words.join(", "));
  node.title = words.join("\n");
  node.setAttribute("aria-pressed", String(isSelected));
  node.classList.toggle("weak", Boolean(alike) && alike.scores.get(i) < alike.usual);
  node.classList.toggle("mismatch", mismatch);
  node.classList.toggle("moved", current.moved.has(i));
  node.classList.toggle("open", state.photo === i);
  node.classList.toggle("copy", copiesOf.has(i));
}
function topOf(i) {
  for (const block of blocks) {
    const k = block.kind === "cells" ? block.rows.indexOf(i) : -1;
    if (k >= 0) return block.top + Math.floor(k / columns) * cellHeight();
  }
  return -1;
}
function scrollToPhoto(i) {
  const top = topOf(i);
  if (top < 0) return;
  if (top < grid.scrollTop) grid.scrollTop = top - GAP - TITLE_HEIGHT;
  if (top + cellHeight() > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + cellHeight() - grid.clientHeight + GAP;
  fillGrid();
}
function focusPhoto(i) {
  focusedPhoto = i;
  scrollToPhoto(i);
  cells.get(i)?.focus({preventScroll: true});
}

// A click opens, Ctrl toggles, Shift takes a range: the same in the grid, on the map and by keyboard.
function pick(i, event = {}) {
  const toggles = event.ctrlKey || event.metaKey || state.picking;
  if (event.shiftKey && (anchorPhoto < 0 || placeOf(anchorPhoto) < 0)) {
    selected.add(i);
    anchorPhoto = i;
  } else if (event.shiftKey && anchorPhoto >= 0 && placeOf(anchorPhoto) >= 0 && placeOf(i) >= 0) {
    const [from, to] = [placeOf(anchorPhoto), placeOf(i)].sort((a, b) => a - b);
    shown().flat.slice(from, to + 1).forEach(row => selected.add(row));
  } else if (toggles) {
    if (!selected.delete(i)) selected.add(i);
    anchorPhoto = i;
  } else {
    anchorPhoto = focusedPhoto = i;
    if (state.photo === i) return closePhoto();
    return change({photo: i}, {push: state.photo < 0 && "photo"});
  }
  focusedPhoto = i;
  render();
}
function selectAll() {
  shown().flat.forEach(i => selected.add(i));
  render();
}
let pressTimer = 0, pressed = false;
function startPress(event) {  // a long touch selects
  const target = event.target.closest?.(".cell");
  pressed = false;
  if (event.pointerType !== "touch" || !target) return;
  pressTimer = setTimeout(() => { pressed = true; pick(Number(target.dataset.photo), {ctrlKey: true}); }, 450);
}
function stopPress() { clearTimeout(pressTimer); }
function moveInGrid(key) {
  const {flat} = shown();
  if (state.photo >= 0 && placeOf(state.photo) >= 0) focusedPhoto = state.photo;
  const place = placeOf(focusedPhoto);
  if (!flat.length) return;
  if (place < 0) return focusPhoto(flat[0]);
  const step = {ArrowLeft: -1, ArrowRight: 1}[key];
  const next = step ? flat[place + step] : verticalNeighbour(focusedPhoto, key === "ArrowDown" ? 1 : -1);
  if (next === undefined) return;
  focusPhoto(next);
  if (state.photo >= 0) change({photo: next});
}
function verticalNeighbour(i, step) {
  const full = blocks.filter(block => block.kind === "cells" && block.rows.length);
  const at = full.findIndex(block => block.rows.includes(i)), rows = full[at].rows, k = rows.indexOf(i);
  if (rows[k + step * columns] !== undefined) return rows[k + step * columns];
  const lastLine = Math.floor((rows.length - 1) / columns);
  if (step > 0 && Math.floor(k / columns) < lastLine) return rows[rows.length - 1];
  const beside = full[at + step]?.rows;
  if (!beside) return undefined;
  const start = step > 0 ? 0 : Math.floor((beside.length - 1) / columns) * columns;
  return beside[Math.min(start + k % columns, beside.length - 1)];
}
