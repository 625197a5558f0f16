// Places of photos: found by where they are, snapped to a grid, put on a line.

// A grid of buckets, so that what is in view, or under the pointer, is found without asking all photos.
function bucketsOf(xOf, yOf) {
  const side = Math.max(1, Math.ceil(Math.sqrt(n / 4))), starts = new Uint32Array(side * side + 1), of = new Uint32Array(n);
  const part = value => Math.max(0, Math.min(side - 1, Math.floor(value * side)));
  for (let i = 0; i < n; i++) starts[(of[i] = part(yOf(i)) * side + part(xOf(i))) + 1]++;
  for (let bucket = 0; bucket < side * side; bucket++) starts[bucket + 1] += starts[bucket];
  const next = starts.slice(), rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[next[of[i]]++] = i;
  return {side, starts, rows, part};
}

// Give each photo of `rows` a column and a line: each half of them to its half of the grid, so that neighbours stay so.
function snap(rows, left, top, across, down, give) {
  if (!rows.length) return;
  if (across === 1 && down === 1) return give(rows[0], left, top);
  const axis = across >= down ? 0 : 1, half = (axis ? down : across) >> 1, capacity = half * (axis ? across : down);
  const other = across * down - capacity;
  rows.sort((a, b) => photos.places[2 * a + axis] - photos.places[2 * b + axis] || a - b);
  const first = Math.max(rows.length - other, Math.min(capacity, Math.round(rows.length * capacity / (across * down))));
  if (axis) {
    snap(rows.slice(0, first), left, top, across, half, give);
    snap(rows.slice(first), left, top + half, across, down - half, give);
  } else {
    snap(rows.slice(0, first), left, top, half, down, give);
    snap(rows.slice(first), left + half, top, across - half, down, give);
  }
}

function isInside(x, y, points) {  // of a loop
  let within = false;
  for (let a = 0, b = points.length - 1; a < points.length; b = a++) {
    const [ax, ay] = points[a], [bx, by] = points[b];
    if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) within = !within;
  }
  return within;
}
function hilbert(x, y) {  // the place on a curve that fills the map, so that neighbours on it are neighbours there
  let place = 0;
  for (let side = 32768; side >= 1; side /= 2) {
    const right = x & side ? 1 : 0, down = y & side ? 1 : 0;
    place += side * side * ((3 * right) ^ down);
    if (!down) {
      if (right) { x = 65535 - x; y = 65535 - y; }
      [x, y] = [y, x];
    }
  }
  return place;
}
