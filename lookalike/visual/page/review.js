// One question at a time, the most useful first. What is answered is a correction like any other.
const NOTHING = "Nothing to ask. Questions are of photos that may belong to another group, of groups that may show the same, and of near copies.";
const NOTHING_LEFT = "No question is left. Export your answers with the button Corrections, and take them in.";
const ASKED = 6;  // photos that stand for a group
let answers = [], asking = null;

function loadAnswers() { answers = kept.read("answers") || []; }
const faceOf = group => sha256(firstOf[group]).slice(0, 12);  // numbers of groups change with every grouping
function keyOf([kind, first, second]) {
  if (kind === "split") return `split ${faceOf(first)} ${second.length}`;
  if (kind === "belongs") return `belongs ${sha256(first).slice(0, 16)}`;
  if (kind === "copies") return `copies ${sha256(DATA.copies[first][0]).slice(0, 16)}`;
  return `same ${[first, second].map(faceOf).sort().join(" ")}`;
}
const firstOf = {};
for (let i = n - 1; i >= 0; i--) firstOf[photos.pred[i]] = i;

function isOpen(question) {
  const [kind, first, second] = question;
  if (kind === "belongs") return !current.moved.has(first) && othersOf(question).length > 0 && !groupOf(first).confirmed;
  if (kind === "same") return current.groups.has(first) && current.groups.has(second);
  if (kind === "split") return current.groups.has(first) && second.every(i => current.label[i] === first) && second.length < current.groups.get(first).size;
  return DATA.copies[first]?.length > 1;
}
const othersOf = ([, i, ...others]) => others.filter(id => current.groups.has(id) && id !== current.label[i]);
function nextQuestion() {
  const done = new Set(answers.map(answer => answer.key));
  return DATA.questions.find(question => !done.has(keyOf(question)) && isOpen(question)) || null;
}
function renderReview() {
  if (state.view !== "review") return;
  asking = nextQuestion();
  const done = new Set(answers.map(answer => answer.key));
  const left = DATA.questions.filter(question => !done.has(keyOf(question)) && isOpen(question)).length, answered = answers.length;
  at("review_bar").max = Math.max(1, answered + left);
  at("review_bar").value = answered;
  at("review_count").textContent = `${count(answered, "answer")}, ${left.toLocaleString("en")} to go`;
  for (const id of ["yes", "no", "skip"]) at(id).disabled = !asking;
  at("back").disabled = !answers.length;
  at("no").hidden = false;
  const body = at("review_body");
  at("review_progress").hidden = at("answers").hidden = !asking && !answers.length;
  if (!asking) return body.replaceChildren(el("p", {class: "note", text: answers.length ? NOTHING_LEFT : NOTHING}));
  body.replaceChildren(...QUESTIONS[asking[0]](asking));
}
function panel(title, rows, size = 104) {
  return el("section", {class: "asked"}, el("h3", {}, named(title)), el("div", {class: "thumbs"}, ...rows.map(i => bigThumbnail(i, size))));
}
function bigThumbnail(i, size) {
  const node = thumbnail(i, size);
  if (!imageAddress(i)) return node;
  const image = el("img", {src: imageAddress(i), alt: "", decoding: "async"});
  image.addEventListener("error", () => image.remove());
  node.append(image);
  return node;
}
const standingFor = (id, except) => current.groups.get(id).members.filter(i => i !== except).slice(0, ASKED);
function words(yes, no) {
  at("yes").lastChild.textContent = yes;
  at("no").lastChild.textContent = no;
}
const QUESTIONS = {
  belongs(question) {
    const i = question[1], id = current.label[i], others = othersOf(question);
    words(id < 0 ? "In no group" : "Yes", "To none of these");
    at("no").hidden = id < 0;
    const choices = others.map((other, place) => el("button", {type: "button", class: "other", onclick: () => answer("other", other)},
      el("b", {}, el("kbd", {text: String(place + 1)}), " ", named(groupName(other))),
      el("span", {class: "thumbs"}, ...standingFor(other, i).slice(0, 4).map(one => bigThumbnail(one, 72)))));
    const own = id < 0 ? "" : panel(groupName(id), standingFor(id, i), 84);
    return [id < 0 ? el("h2", {text: "Does it belong to one of these groups?"}) : el("h2", {}, "Does it belong to ", named(groupName(id)), "?"),
            el("div", {class: "question"}, el("section", {class: "asked"}, el("h3", {}, named(fileName(i))), bigThumbnail(i, 240)), own,
              el("section", {class: "asked"}, el("h3", {text: id < 0 ? "Groups" : "Or to one of these?"}), ...choices))];
  },
  split([, id, part]) {
    words("Yes, two", "No, one");
    const inside = new Set(part), rest = current.groups.get(id).members.filter(i => !inside.has(i));
    const half = (rows, title) => panel(`${title}, ${count(rows.length, "photo")}`, rows.slice(0, 2 * ASKED), 84);
    return [el("h2", {}, "Are these two groups in ", named(groupName(id)), "?"),
            el("div", {class: "question"}, half(rest, "one part"), half([...part].sort((a, b) => a - b), "the other"))];
  },
  same([, a, b]) {
    words("Yes, merge", "No");
    return [el("h2", {text: "Do both groups show the same?"}),
            el("div", {class: "question"}, ...[a, b].map(id => panel(`${groupName(id)}, ${count(current.groups.get(id).size, "photo")}`, standingFor(id), 116)))];
  },
  copies([, k]) {
    const group = DATA.copies[k];
    words("Keep the first", "Keep all");
    return [el("h2", {text: "Which copy to keep?"}), el("div", {class: "thumbs copies"}, ...group.map((i, place) => el("button", {
      type: "button", class: "small", onclick: () => answer("yes", i)}, bigThumbnail(i, 240), el("small", {}, named(`${place ? "" : "first: "}${DATA.paths[i]}`)))))];
  },
};
function answer(said, choice) {
  if (!asking) return;
  const [kind, first, second] = asking, before = new Set(pending.map(identity)), record = {key: keyOf(asking), said, kind};
  if (said === "other" && choice === undefined) return;
  const to = {yes: current.label[first], no: -1, other: choice}[said];
  if (kind === "belongs" && to !== undefined && (to >= 0 || said === "no")) edit.move([first], to);
  if (kind === "same" && said === "yes") edit.merge([first, second]);
  if (kind === "split" && said === "yes") edit.split(second);
  if (kind === "copies" && said === "yes") record.drop = DATA.copies[first].filter(i => i !== (choice ?? DATA.copies[first][0])).map(sha256);
  record.edits = pending.filter(row => !row.with && !before.has(identity(row))).map(identity);
  answers.push(record);
  kept.write("answers", answers);
  asking = null;
  if (record.drop) toast(`${count(dropped().length, "copy", "copies")} marked: the button below selects them.`);
  at("drop").hidden = !dropped().length;
  render();
}
const dropped = () => answers.flatMap(one => one.drop || []).flatMap(rowsOf);
function takeBack() {
  const last = answers.pop();
  if (!last) return toast("Nothing to undo.");
  for (const key of last.edits || []) {  // what was said since by other means stays
    const row = pending.find(one => identity(one) === key);
    if (row) undo(row);
  }
  kept.write("answers", answers);
  asking = null;
  render();
}
function selectDropped() {
  dropped().forEach(i => selected.add(i));
  change({view: "photos", only: "copies", groups: []});
}
const answerOther = place => { if (state.view === "review" && asking?.[0] === "belongs") answer("other", othersOf(asking)[place]); };
