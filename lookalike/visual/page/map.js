// The map: photos as thumbnails, or as dots where more than 1,500 are in view. While it moves, a picture of it moves.
const MANY = 1500, MARGIN = 0.3, SETTLED = 140, NAMES = 60, DOUBLE = 260, LONG = 450;  // milliseconds, the last two
const canvas = at("map"), context = canvas.getContext("2d", {alpha: false});
const mapView = (() => {
  const cache = document.createElement("canvas"), brush = cache.getContext("2d", {alpha: false});
  const view = {x: 0.5, y: 0.5, k: 0};  // the middle of the screen, in parts of the map, and pixels a part
  let drawn = null, timer = 0, frame = 0, unstackedPlaces = null, unstackedKey = "", later = null, loop = null, index = null;
  const width = () => canvas.clientWidth, height = () => canvas.clientHeight;
  const ratio = () => Math.min(2, window.devicePixelRatio || 1);
  const fitting = () => Math.max(50, Math.min(width(), height()) * 0.92);
  const xOf = i => unstackedPlaces ? unstackedPlaces[2 * i] : photos.places[2 * i] / 65535;
  const yOf = i => unstackedPlaces ? unstackedPlaces[2 * i + 1] : photos.places[2 * i + 1] / 65535;

  const bucketed = () => index ||= bucketsOf(xOf, yOf);
  function within(left, top, right, bottom) {
    const {side, starts, rows, part} = bucketed(), found = [];
    for (let line = part(top); line <= part(bottom); line++) {
      for (let at = starts[line * side + part(left)]; at < starts[line * side + part(right) + 1]; at++) {
        const i = rows[at], x = xOf(i), y = yOf(i);
        if (x >= left && x <= right && y >= top && y <= bottom) found.push(i);
      }
    }
    return found;
  }
  const screenX = x => (x - view.x) * view.k + width() / 2;
  const screenY = y => (y - view.y) * view.k + height() / 2;
  const mapX = x => (x - width() / 2) / view.k + view.x;
  const mapY = y => (y - height() / 2) / view.k + view.y;

  function clamp() {
    view.k = Math.max(fitting() * 0.5, Math.min(fitting() * 400, view.k || fitting()));
    view.x = Math.max(-0.05, Math.min(1.05, view.x));
    view.y = Math.max(-0.05, Math.min(1.05, view.y));
  }
  function thumbnailSize(inView) {
    if (unstackedPlaces) return view.k * unstackedPlaces.cell * 0.94;
    return Math.max(16, Math.min(DATA.side * 1.6, Math.sqrt(width() * height() / Math.max(inView, 1)) * 0.62));
  }
  // Draw the view and a margin around it into the cache.
  function redraw() {
    frame = 0;
    if (state.view !== "map" || !width()) return;
    if (later) { const go = later; later = null; go(); };
    clamp();
    const marginX = width() * MARGIN, marginY = height() * MARGIN, scale = ratio();
    const across = Math.round((width() + 2 * marginX) * scale), down = Math.round((height() + 2 * marginY) * scale);
    if (cache.width !== across || cache.height !== down) { cache.width = across; cache.height = down; }
    brush.setTransform(scale, 0, 0, scale, marginX * scale, marginY * scale);
    brush.fillStyle = colour("--map");
    brush.fillRect(-marginX, -marginY, width() + 2 * marginX, height() + 2 * marginY);
    const found = within(mapX(-marginX), mapY(-marginY), mapX(width() + marginX), mapY(height() + marginY));
    const inView = found.filter(i => Math.abs(xOf(i) - view.x) * view.k * 2 < width() && Math.abs(yOf(i) - view.y) * view.k * 2 < height());
    const size = thumbnailSize(inView.length), dots = inView.length > (unstackedPlaces ? 2 * MANY : MANY);
    found.sort((a, b) => a - b);
    chooseSheets(dots ? [] : found);
    const plain = !state.groups.length && !isFiltered();
    const faded = plain ? [] : found.filter(i => placeOf(i) < 0), clear = plain ? found : found.filter(i => placeOf(i) >= 0);
    brush.globalAlpha = 0.12;
    for (const i of faded) drawPhoto(i, size, dots);
    brush.globalAlpha = 1;
    for (const i of clear) drawPhoto(i, size, dots);
    for (const i of clear) if (selected.has(i) || i === state.photo) ring(i, dots ? 9 : size, i === state.photo);
    drawNames();
    drawn = {...view, marginX, marginY, width: width(), height: height(), dots, size};
    at("map_note").textContent = dots ? `dots: ${inView.length.toLocaleString("en")} photos in view; zoom in for photos` : "";
    blit();
  }
  // Of many sheets those with most photos in view are drawn: no more than can be kept, or loading would never end.
  let sheets = new Set();
  function chooseSheets(rows) {
    const counts = new Map();
    for (const i of rows) counts.set(sheetOf(i), (counts.get(sheetOf(i)) || 0) + 1);
    sheets = new Set([...counts].sort((a, b) => b[1] - a[1]).slice(0, DECODED).map(([sheet]) => sheet));
  }
  function drawPhoto(i, size, dots) {
    const x = screenX(xOf(i)), y = screenY(yOf(i));
    const group = groupOf(i);
    if (dots) {
      brush.fillStyle = group.colour;
      brush.fillRect(x - 1.5, y - 1.5, 3, 3);
      return;
    }
    const image = sheets.has(sheetOf(i)) ? sheetImage(sheetOf(i), schedule) : null, half = size / 2;
    brush.fillStyle = group.colour;
    brush.fillRect(x - half - 1.5, y - half - 1.5, size + 3, size + 3);
    if (image) brush.drawImage(image, columnOf(i) * DATA.side + EDGE, lineOf(i) * DATA.side + EDGE, cut, cut, x - half, y - half, size, size);
  }
  function ring(i, size, open) {
    brush.lineWidth = 3;
    brush.strokeStyle = open ? colour("--text") : colour("--accent");
    brush.strokeRect(screenX(xOf(i)) - size / 2 - 2, screenY(yOf(i)) - size / 2 - 2, size + 4, size + 4);
  }
  // Names of the largest groups that do not lie on each other, each at the photo in the middle of its group.
  function drawNames() {
    const taken = [], shownGroups = state.groups.length ? state.groups.filter(id => id >= 0).map(id => current.groups.get(id)) : foundGroups();
    brush.font = "600 12px system-ui, sans-serif";
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    for (const group of shownGroups.sort((a, b) => b.size - a.size).slice(0, 400)) {
      const [px, py] = middleOf(group), x = screenX(px), y = screenY(py);
      const text = shorten(groupName(group.id), 26), half = brush.measureText(text).width / 2 + 5;
      if (x < -60 || y < -20 || x > width() + 60 || y > height() + 20 || taken.length >= NAMES) continue;
      if (taken.some(box => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 20)) continue;
      taken.push({x, y, half});
      brush.fillStyle = colour("--label");
      brush.fillRect(x - half, y - 9, 2 * half, 18);
      brush.fillStyle = group.colour;
      brush.fillRect(x - half, y + 7, 2 * half, 2);
      brush.fillStyle = colour("--text");
      brush.fillText(text, x, y);
    }
  }
  const middles = new Map();
  let middlesKey = "";
  function middleOf(group) {
    const key = `${current.version} ${unstackedKey}`;
    if (key !== middlesKey) { middles.clear(); middlesKey = key; }
    if (!middles.has(group.id)) {
      const step = Math.max(1, Math.floor(group.members.length / 200));
      const sample = group.members.filter((_, place) => place % step === 0), middle = values => values.sort((a, b) => a - b)[values.length >> 1];
      middles.set(group.id, [middle(sample.map(xOf)), middle(sample.map(yOf))]);
    }
    return middles.get(group.id);
  }
  // Show the cached picture where the view is now; draw anew once the view rests, or has left what was drawn.
  function blit() {
    const scale = ratio(), across = Math.round(width() * scale), down = Math.round(height() * scale);
    if (canvas.width !== across || canvas.height !== down) { canvas.width = across; canvas.height = down; }
    const zoom = view.k / drawn.k;
    const left = (drawn.x - view.x) * view.k + width() / 2 - (drawn.width / 2 + drawn.marginX) * zoom;
    const top = (drawn.y - view.y) * view.k + height() / 2 - (drawn.height / 2 + drawn.marginY) * zoom;
    const wide = (drawn.width + 2 * drawn.marginX) * zoom, high = (drawn.height + 2 * drawn.marginY) * zoom;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (left > 0 || top > 0 || left + wide < width() || top + high < height()) {
      context.fillStyle = colour("--map");
      context.fillRect(0, 0, width(), height());
    }
    context.drawImage(cache, left, top, wide, high);
    if (loop) drawLoop();
  }
  function drawLoop() {
    context.beginPath();
    for (const [x, y] of loop.points) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = loop.away ? "#d55e0033" : "#0072b233";
    context.fill();
    context.strokeStyle = loop.away ? "#d55e00" : "#0072b2";
    context.lineWidth = 1.5;
    context.stroke();
  }
  function moved() {
    clamp();
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; if (drawn) blit(); });
    clearTimeout(timer);
    timer = setTimeout(() => {
      schedule();
      change({map: place()});
    }, SETTLED);
  }
  let asked = false;
  function schedule() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; redraw(); });
  }
  const place = () => [view.x, view.y, view.k / fitting()].map(value => value.toFixed(4)).join(",");
  function zoomAt(x, y, factor) {
    const before = [mapX(x), mapY(y)];
    view.k *= factor;
    clamp();
    view.x += before[0] - mapX(x);
    view.y += before[1] - mapY(y);
    moved();
  }
  function goTo(rows) {
    if (!rows.length) return;
    if (!width()) return void (later = () => goTo(rows));  // the map has no size before it is seen
    let left = 2, right = -1, top = 2, bottom = -1;
    const xs = rows.map(xOf).sort((a, b) => a - b), ys = rows.map(yOf).sort((a, b) => a - b), cut = Math.floor(rows.length / 20);
    [left, right] = [xs[cut], xs[rows.length - 1 - cut]];
    [top, bottom] = [ys[cut], ys[rows.length - 1 - cut]];
    view.x = (left + right) / 2;
    view.y = (top + bottom) / 2;
    view.k = 0.75 * Math.min((width() || 800) / Math.max(right - left, 0.02), (height() || 600) / Math.max(bottom - top, 0.02));
    clamp();
    change({map: place()});
    schedule();
  }
  const wholeSize = () => unstackedPlaces ? 0.96 * Math.min(width() / unstackedPlaces.across, height() / unstackedPlaces.down) : fitting();
  function whole() {
    if (!width()) return void (later = whole);
    Object.assign(view, {x: 0.5, y: 0.5, k: wholeSize()});
    change({map: ""});
    schedule();
  }
  function fromAddress() {
    if (!width()) return void (later = fromAddress);
    const [x, y, zoom] = state.map.split(",").map(Number);
    Object.assign(view, state.map && [x, y, zoom].every(Number.isFinite) ? {x, y, k: zoom * fitting()} : {x: 0.5, y: 0.5, k: fitting()});
  }

  // Snap the photos shown to a grid.
  function unstack() {
    const key = state.unstacked ? `${lastKey} ${width() > height()}` : "";
    if (key === unstackedKey) return;
    [unstackedKey, unstackedPlaces, index] = [key, null, null];
    later = whole;
    if (!state.unstacked) return;
    const rows = shown().flat.slice(), wide = Math.max(1, Math.ceil(Math.sqrt(rows.length * Math.max(1, width()) / Math.max(1, height()))));
    const high = Math.max(1, Math.ceil(rows.length / wide)), cell = 1 / Math.max(wide, high), places = new Float32Array(2 * n).fill(-9);
    Object.assign(places, {cell, across: wide * cell, down: high * cell});
    snap(rows, 0, 0, wide, high, (i, column, line) => {
      places[2 * i] = (column + 0.5) * cell + (1 - wide * cell) / 2;
      places[2 * i + 1] = (line + 0.5) * cell + (1 - high * cell) / 2;
    });
    unstackedPlaces = places;
  }
  function under(x, y) {
    if (!drawn) return -1;
    const half = Math.max(drawn.dots ? 5 : drawn.size / 2, 4) / view.k;
    let best = -1, least = Infinity;
    for (const i of within(mapX(x) - half, mapY(y) - half, mapX(x) + half, mapY(y) + half)) {
      const gap = Math.hypot(screenX(xOf(i)) - x, screenY(yOf(i)) - y);
      if ((placeOf(i) >= 0 || !(state.groups.length || isFiltered())) && gap < least) { least = gap; best = i; }
    }
    return best;
  }
  function closeLoop() {
    const {points, away} = loop;
    loop = null;
    const xs = points.map(([x]) => mapX(x)), ys = points.map(([, y]) => mapY(y));
    for (const i of within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))) {
      if (placeOf(i) < 0 || !isInside(screenX(xOf(i)), screenY(yOf(i)), points)) continue;
      if (away) selected.delete(i); else selected.add(i);
    }
    render();
  }

  // Mouse, pen and fingers: one drags or draws a loop, two move and zoom.
  const pointers = new Map();
  let travelled = 0, loopTimer = 0, pressTimer = 0, longPressed = false;
  function longPress([x, y]) {
    const i = travelled > 6 ? -1 : under(x, y);
    if (i < 0) return;
    longPressed = true;
    pick(i, {ctrlKey: true});
  }
  const spot = event => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1, speed = event.ctrlKey ? 0.01 : 0.0015;
    zoomAt(...spot(event), Math.exp(-event.deltaY * lines * speed));
  }, {passive: false});
  canvas.addEventListener("pointerdown", event => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, spot(event));
    if (pointers.size === 1) travelled = 0;
    clearTimeout(pressTimer);
    longPressed = false;
    if (event.pointerType === "touch" && pointers.size === 1 && !state.lasso) pressTimer = setTimeout(longPress, LONG, spot(event));
    showTip(-1);
    if (pointers.size > 1) { loop = null; travelled = Infinity; }
    else if (state.lasso || event.shiftKey || event.altKey) loop = {points: [spot(event)], away: event.altKey};
  });
  canvas.addEventListener("pointermove", event => {
    const [x, y] = spot(event), before = pointers.get(event.pointerId);
    if (!before) return event.pointerType === "touch" ? undefined : showTip(under(x, y), x, y);
    travelled += Math.hypot(x - before[0], y - before[1]);
    if (loop) {
      loop.points.push([x, y]);
      if (drawn && !loopTimer) loopTimer = requestAnimationFrame(() => { loopTimer = 0; if (drawn) blit(); });
    } else if (pointers.size === 2) {
      const other = [...pointers.entries()].find(([id]) => id !== event.pointerId)[1];
      const apart = (a, b) => Math.max(10, Math.hypot(a[0] - b[0], a[1] - b[1]));
      zoomAt((x + other[0]) / 2, (y + other[1]) / 2, apart([x, y], other) / apart(before, other));
      view.x -= (x - before[0]) / 2 / view.k;
      view.y -= (y - before[1]) / 2 / view.k;
    } else if (pointers.size === 1) {
      view.x -= (x - before[0]) / view.k;
      view.y -= (y - before[1]) / view.k;
      moved();
    }
    pointers.set(event.pointerId, [x, y]);
  });
  const lift = event => {
    if (!pointers.delete(event.pointerId)) return;
    clearTimeout(pressTimer);
    if (loop && travelled > 6) return closeLoop();
    loop = null;
    if (travelled > 6 || event.type === "pointercancel" || pointers.size) return;
    if (longPressed) return void (longPressed = false);
    click(...spot(event), event);
  };
  // A click waits whether it becomes a double click: opening a photo makes the map narrower under the pointer.
  let clickTimer = 0, lastClick = null;
  function click(x, y, event) {
    const i = under(x, y), again = lastClick && event.timeStamp - lastClick.time < DOUBLE && Math.hypot(x - lastClick.x, y - lastClick.y) < 14;
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || state.picking;
    clearTimeout(clickTimer);
    if (again) {
      const first = lastClick.i;
      lastClick = null;
      if (first < 0) return zoomAt(x, y, 2);
      return chooseGroupOnMap(current.label[first]);
    }
    lastClick = modified ? null : {x, y, i, time: event.timeStamp};
    if (i < 0) return;
    if (modified) pick(i, event);
    else clickTimer = setTimeout(() => pick(i), DOUBLE);
  }
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => showTip(-1));
  canvas.addEventListener("contextmenu", event => { if (longPressed) event.preventDefault(); });
  function chooseGroupOnMap(id) {
    change({groups: [id], photo: -1}, {push: true});
    shown();
    unstack();
    if (unstackedPlaces) whole(); else goTo(current.groups.get(id).members);
  }
  function showTip(i, x, y) {
    const tip = at("tip");
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.replaceChildren(thumbnail(i, 96, {"aria-hidden": "true"}), el("div", {}, named(fileName(i))), el("div", {}, named(groupName(current.label[i]))));
    tip.style.left = `${Math.max(4, Math.min(x + 14, width() - 200))}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 14, height() - 160))}px`;
  }
  function key(name) {
    const step = 0.12 * Math.min(width(), height()) / view.k;
    if (name === "+" || name === "=") return zoomAt(width() / 2, height() / 2, 1.35);
    if (name === "-") return zoomAt(width() / 2, height() / 2, 1 / 1.35);
    const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[name];
    view.x += dx * step;
    view.y += dy * step;
    moved();
  }
  function renderMap() {
    if (state.view !== "map") return;
    unstack();
    schedule();
  }
  return {render: renderMap, whole, fromAddress, key, goTo, goToGroups: ids => {
    shown();
    unstack();
    if (unstackedPlaces) return whole();
    goTo(ids.flatMap(id => current.groups.get(id)?.members || []));
  }, view, screenOf: i => [screenX(xOf(i)), screenY(yOf(i))]};
})();

const shorten = (text, length) => text.length <= length ? text : text.slice(0, length - 1) + "…";
const colours = new Map();
function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}
