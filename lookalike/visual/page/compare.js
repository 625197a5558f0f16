// Why two photos are alike: the details they share, joined by lines, or what each part adds to their cosine, as colours.
const MOST_PART = 1.5;  // of cosine, at which the colour is the brightest
const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
let compared = null;  // {images, shared, parts, score, drawn}

// one: {i} or {upload, crop, name}; two: a photo.
async function compareTwo(one, two) {
  openDialog("compare_dialog");
  compared = null;
  drawComparison();
  at("compare_note").textContent = "comparing …";
  at("compare_dialog").setAttribute("aria-busy", "true");
  const words = new URLSearchParams({second: SERVER.rows[two]});
  if (!at("matrix").hidden) words.set("features", at("matrix").value);
  if (one.upload && one.crop) words.set("crop", one.crop);
  if (!one.upload) words.set("first", SERVER.rows[one.i]);
  try {
    const found = await ask(`api/compare?${words}`, one.upload ? {method: "POST", headers: {"Content-Type": one.upload.type || "image/jpeg"}, body: one.upload} : {});
    const addresses = [found.photo || `prepared/${found.row}`, imageAddress(two)];
    const images = await Promise.all(addresses.map(loaded));
    compared = {...found, images, drawn: found.shared.length ? "details" : found.parts ? "parts" : "photos"};
    const details = count(found.shared.length, "shared detail");
    at("compare_note").textContent = `Cosine ${found.score.toFixed(2)}, ${details}. ${found.parts ? "" : "These vectors are no mean of parts: there is no map of them."}`;
  } catch (error) {
    at("compare_note").textContent = error.message;
  }
  at("compare_dialog").setAttribute("aria-busy", "false");
  drawComparison();
}
function loaded(address) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error("The prepared photo is not where it was."));
    image.src = address;
  });
}
const compareWithQuery = i => compareTwo(alike.upload ? {upload: alike.upload, crop: alike.crop} : {i: alike.like[0]}, i);
const compareChosen = () => {
  const rows = chosenRows();
  if (rows.length === 2) return compareTwo({i: rows[0]}, rows[1]);
  if (alike && state.photo >= 0) return compareWithQuery(state.photo);
  toast("Select two photos to compare: Ctrl + click.");
};

function drawComparison() {
  const canvas = at("compared"), ready = Boolean(compared);
  for (const kind of ["details", "parts", "photos"]) {
    at(`as_${kind}`).setAttribute("aria-pressed", String(ready && compared.drawn === kind));
    at(`as_${kind}`).disabled = !ready || (kind === "details" && !compared.shared.length) || (kind === "parts" && !compared.parts);
  }
  canvas.hidden = !ready;
  if (!ready) return;
  const width = canvas.parentElement.clientWidth, isStacked = width < 520, scale = devicePixelRatio;
  const room = isStacked ? width : (width - 8) / 2, most = innerHeight * (isStacked ? .26 : .55);
  const boxes = [];
  let left = 0, top = 0;
  for (const image of compared.images) {
    const fit = Math.min(room / image.naturalWidth, most / image.naturalHeight);
    const box = {left, top, width: image.naturalWidth * fit, height: image.naturalHeight * fit};
    boxes.push(box);
    if (isStacked) top += box.height + 8; else left += box.width + 8;
  }
  const whole = [Math.max(...boxes.map(box => box.left + box.width)), Math.max(...boxes.map(box => box.top + box.height))];
  [canvas.width, canvas.height] = whole.map(side => Math.round(side * scale));
  [canvas.style.width, canvas.style.height] = whole.map(side => `${side}px`);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  compared.images.forEach((image, side) => {
    const {left, top, width, height} = boxes[side];
    pen.drawImage(image, left, top, width, height);
    if (compared.drawn === "parts") pen.drawImage(coloured(compared.parts[side]), left, top, width, height);
  });
  if (compared.drawn === "details") drawDetails(pen, boxes);
  canvas.setAttribute("aria-label", {details: `Two photos, ${count(compared.shared.length, "shared detail")} joined by lines`,
    parts: "Two photos, the parts that make them alike in bright colours", photos: "Two photos"}[compared.drawn]);
}
function drawDetails(pen, boxes) {
  const place = (side, x, y) => [boxes[side].left + x * boxes[side].width, boxes[side].top + y * boxes[side].height];
  compared.shared.forEach(([x, y, u, v], number) => {
    const from = place(0, x, y), to = place(1, u, v);
    pen.strokeStyle = pen.fillStyle = `hsl(${number * 137.5 % 360} 90% 55%)`;
    pen.globalAlpha = .7;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    pen.globalAlpha = 1;
    for (const end of [from, to]) {
      pen.beginPath();
      pen.arc(...end, 3, 0, 7);
      pen.fill();
    }
  });
}
function coloured(part) {  // a canvas of a pixel a place, which the browser smooths as it grows
  const canvas = el("canvas", {width: part[0].length, height: part.length}), pen = canvas.getContext("2d");
  const pixels = pen.createImageData(canvas.width, canvas.height);
  part.flat().forEach((value, place) => {
    const at = Math.min(Math.max(value / MOST_PART, 0), .999) * (VIRIDIS.length - 1), low = Math.floor(at);
    for (let channel = 0; channel < 3; channel++) pixels.data[4 * place + channel] = VIRIDIS[low][channel] + (at - low) * (VIRIDIS[low + 1][channel] - VIRIDIS[low][channel]);
    pixels.data[4 * place + 3] = 150;
  });
  pen.putImageData(pixels, 0, 0);
  return canvas;
}
function startCompare() {
  for (const kind of ["details", "parts", "photos"]) at(`as_${kind}`).addEventListener("click", () => { compared.drawn = kind; drawComparison(); });
  at("compare").addEventListener("click", compareChosen);
  addEventListener("resize", () => at("compare_dialog").open && drawComparison());
}
