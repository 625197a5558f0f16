// One photo at large, with all that is known of it, and the photos most like it.
let photoKey = "";
function renderPhoto() {
  const i = state.photo, panel = at("photo");
  document.body.classList.toggle("with_photo", i >= 0);
  panel.hidden = i < 0;
  const key = `${i} ${current.version} ${Boolean(alike)}`;
  if (i >= 0) {
    const place = placeOf(i), last = shown().flat.length - 1;
    at("photo_place").textContent = place < 0 ? "" : `${(place + 1).toLocaleString("en")} of ${(last + 1).toLocaleString("en")}`;
    at("photo_before").disabled = place <= 0;
    at("photo_after").disabled = place < 0 || place >= last;
  }
  if (key === photoKey) return;
  photoKey = key;
  if (i < 0) return at("photo_body").replaceChildren();
  const address = imageAddress(i), image = el("img", {id: "large", src: address, alt: fileName(i)});
  const frame = el("div", {id: "large_frame"}, image);
  const why = address ? "The prepared photo is not where it was" :
    `The photo lies in a tar file, which python 07_search.py --serve --dataset ${quoted(DATA.dataset)} shows`;
  image.addEventListener("error", () => {
    frame.replaceChildren(thumbnail(i, Math.min(300, 2 * DATA.side)), el("p", {class: "note", text: `${why}: this is its thumbnail.`}));
  });
  at("photo_body").replaceChildren(frame, el("h2", {}, named(fileName(i))), actions(i), facts(i),
    similarPhotos("Most similar in its group", similarTo(photos.inside, i).filter(other => current.label[other] === current.label[i])),
    similarPhotos("Most similar outside", similarTo(photos.outside, i)), similarPhotos("Near copies", (copiesOf.get(i) || []).filter(other => other !== i)));
  at("photo_body").scrollTop = 0;
}
function stepPhoto(step) {
  const next = shown().flat[placeOf(state.photo) + step];
  if (next === undefined) return;
  focusedPhoto = next;
  if (state.view === "photos") scrollToPhoto(next);
  change({photo: next});
}
function actions(i) {
  const address = originalAddress(i);
  return el("div", {class: "row"},
    ...(address ? [el("a", {class: "button", href: address, target: "_blank", rel: "noopener", text: SERVER || !inTar(i) ? "Open the original" : "Open the prepared photo"})] : []),
    el("button", {type: "button", text: "Copy path", onclick: () => copyText(DATA.paths[i], "Path copied.")}),
    el("button", {type: "button", text: "Move to …", onclick: () => askGroup([i])}),
    el("button", {type: "button", text: selected.has(i) ? "Unselect" : "Select", onclick: event => {
      pick(i, {ctrlKey: true});
      event.target.textContent = selected.has(i) ? "Unselect" : "Select";
    }}),
    ...(SERVER ? [el("button", {type: "button", text: "Find similar", onclick: () => findAlike({like: [i]})}),
                  ...(alike ? [el("button", {type: "button", text: "Why alike?", onclick: () => compareWithQuery(i)})] : []),
                  el("button", {type: "button", text: "By a part of it …", onclick: () => startCrop(i)})] : []));
}
function facts(i) {
  const id = current.label[i], moved = current.moved.has(i), rows = [["path", DATA.paths[i]]];
  const number = value => value === null ? "none" : value.toFixed(3);
  if (hasLabels) rows.push(["true label", labelName(photos.label[i]) + (isMismatch(i) ? " (differs from its group's)" : "")]);
  rows.push(["group", groupName(id) + (moved ? " (moved by you)" : "")]);
  if (moved) rows.push(["found in", groupNameAsFound(photos.pred[i])]);
  else rows.push(["confidence", confidence(i).toFixed(2)], ["distance to its group", number(distance(photos.own[i]))]);
  const second = photos.second[i];
  if (second >= 0 && current.groups.has(second)) {
    const link = el("button", {type: "button", class: "link", onclick: event => chooseGroup(second, event)}, named(groupName(second)));
    rows.push(["second-best group", link], ["distance to it", number(distance(photos.next[i]))]);
  }
  if (photos.taken[i]) rows.push(["date", new Date(photos.taken[i] * 1000).toISOString().slice(0, 16).replace("T", " ")]);
  (DATA.products.rows[i] || []).forEach((value, column) => value && rows.push([DATA.products.columns[column], value]));
  return el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, named(name)), el("dd", {}, typeof value === "string" ? named(value) : value)]));
}
const groupNameAsFound = id => id < 0 ? "no group" : calledOf(DATA.groups[id]) || `group ${id}`;
function similarPhotos(title, rows) {
  if (!rows.length) return "";
  return el("section", {}, el("h3", {text: title}), el("div", {class: "thumbs"}, ...rows.map(i => {
    const button = el("button", {type: "button", class: "small", title: `${fileName(i)}\n${groupName(current.label[i])}`,
                                 "aria-label": `${fileName(i)}, ${groupName(current.label[i])}`,
                                 onclick: event => event.ctrlKey || event.metaKey ? pick(i, event) : change({photo: i}, {push: true})},
      thumbnail(i, 72, {"aria-hidden": "true"}));
    button.style.borderColor = groupOf(i).colour;
    return button;
  })));
}
