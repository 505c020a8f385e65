// Two rows of words with an arc a link, and the matrix of their numbers.
//
// The script of a kind of pages knows more of a word (describe, hueOf, restOf, saidOfEnd), of a pair (saidOfTwo), of what
// belongs to the words meant (isLit, companions), and marks cells (mark).

const SVG_NAME = "http://www.w3.org/2000/svg";
const pair = { rows: [[], []], arcs: [], pins: [] }; // the words of source and target, the paths, the pinned [side, i]

const SIDES = ["query", "key"]; // of source and target, as places in the matrix have them
const weightOfLink = ([i, j]) => weightAt(i, j);
const hasEnd = (link, side, i) => link[side] === i;
const linksOf = (side, i) => page.links.filter((link) => hasEnd(link, side, i));
const sizeOf = (link) => Math.abs(weightOfLink(link));
const strongestLink = (side, i) => linksOf(side, i).sort((one, other) => sizeOf(other) - sizeOf(one))[0];
const namesOf = (side) => (side ? view.keys : view.queries);

function buildPair() {
  pair.rows = ["source", "target"].map((id, side) => {
    const made = namesOf(side).map((name, i) => pairWord(name, side, i));
    found(id).replaceChildren(...made.map(({ button }) => make("li", button)));
    return made;
  });
  pair.arcs = page.links.map(([, , group]) => {
    const path = document.createElementNS(SVG_NAME, "path");
    path.setAttribute("data-hue", group % 6);
    return path;
  });
  found("arcs").replaceChildren(...pair.arcs);
}

function pairWord(name, side, i) {
  const number = make("span", [], { class: "number" });
  const button = make("button", [bdi(name), number], {
    type: "button", class: "word", title: name, "aria-label": describe(name, side, i), "aria-pressed": false,
    "data-side": SIDES[side], "data-index": i, tabindex: side || i ? -1 : 0,
  });
  const hue = hueOf(side, i);
  if (hue !== undefined) button.dataset.hue = hue;
  return { button, number };
}

// From the middle of a word above to the middle of one below, wherever the window has put them.
function placeArcs() {
  const svg = found("arcs");
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const left = svg.getBoundingClientRect().left;
  const middle = ({ button }) => {
    const box = button.getBoundingClientRect();
    return (box.left + box.width / 2 - left).toFixed(1);
  };
  page.links.forEach((link, at) => {
    const [from, to] = [middle(pair.rows[0][link[0]]), middle(pair.rows[1][link[1]])];
    pair.arcs[at].setAttribute("d", `M${from} 0C${from} ${height / 2} ${to} ${height / 2} ${to} ${height}`);
    const share = Math.abs(shareOf(link[0], weightOfLink(link)));
    pair.arcs[at].setAttribute("stroke-width", ((view.signed ? 0.5 : 1.5) + 4.5 * share).toFixed(2));
    if (view.signed) pair.arcs[at].setAttribute("stroke-opacity", (0.12 + 0.88 * share).toFixed(2));
  });
}

// The words meant, as [side, i]: those under the pointer or the focus, or else the pinned ones.
function meant() {
  const at = [state.at?.query, state.at?.key].flatMap((i, side) => (i == null ? [] : [[side, i]]));
  return at.length ? at : pair.pins;
}

function highlightPair() {
  const ends = meant();
  const lit = page.links.map((link) => isLit(link, ends));
  const near = companions(ends, lit);
  pair.arcs.forEach((path, at) => path.classList.toggle("faded", ends.length > 0 && !lit[at]));
  const weighed = ends.length === 1 ? ends[0] : null;
  pair.rows.forEach((row, side) => {
    const weights = weighed === null || weighed[0] === side ? null : weightsAcross(...weighed);
    row.forEach(({ button, number }, i) => {
      const isEnd = ends.some(([its, at]) => its === side && at === i);
      button.classList.toggle("at", isEnd);
      button.classList.toggle("with", !isEnd && near[side].has(i));
      const text = weights === null ? restOf(side, i) : asWeight(weights[i]);
      if (number.textContent !== text) number.textContent = text;
    });
  });
  drawCross();
  tell(make("span", saidOfPair(ends)));
}

const weightsAcross = (side, i) => (side ? columnOf(i) : rowOf(i));

function saidOfPair(ends) {
  if (!ends.length) return ["Point at a word or at a cell."];
  if (state.at?.query != null && state.at.key != null) return saidOfTwo(state.at.query, state.at.key);
  return saidOfEnd(...ends.at(-1));
}

// Room for the longest line, so that nothing moves under the pointer.
function reservePair() {
  const words = [0, 1].flatMap((side) => longest(namesOf(side)).map((i) => [side, i]));
  const cells = longest(view.queries).flatMap((i) => longest(view.keys).map((j) => saidOfTwo(i, j)));
  const all = [...words.map((word) => saidOfPair([word])), byLength(cells, textOf)[0]];
  keep("height", "readout", [...all, ...page.links.map(([i]) => saidOfPair([[0, i]]))].map((said) => [make("span", said)]));
}

let drawing = false;

// What the keys and pointers of the matrix and the words call, here and in listen.js.
function point(at) {
  state.at = at;
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    highlightPair();
  });
}

function pinRow(i) {
  togglePair(0, i);
}

function togglePair(side, i) {
  const there = pair.pins.findIndex(([its, at]) => its === side && at === i);
  if (there >= 0) pair.pins.splice(there, 1);
  else pair.pins.push([side, i]);
  pair.rows[side][i].button.setAttribute("aria-pressed", there < 0);
  state.cursor = side ? state.cursor : i;
  highlightPair();
}

// Left and right as the row runs on the screen; up and down to the word at the other end of a link, or the nearest one.
function movePair(event) {
  const at = wordOf(event);
  if (!at || !(event.key in MOVES || event.key === "Home" || event.key === "End")) return;
  const side = at.query === null ? 1 : 0;
  const i = at.query ?? at.key;
  const [down, right] = MOVES[event.key] ?? [0, 0];
  event.preventDefault();
  if (down && (down > 0) === (side === 1)) return;
  const other = strongestLink(side, i)?.[1 - side] ?? Math.floor(i * namesOf(1 - side).length / namesOf(side).length);
  const way = found(side ? "target" : "source").dir === "rtl" ? -right : right;
  const last = namesOf(side).length - 1;
  const place = { Home: 0, End: last }[event.key] ?? Math.min(Math.max(i + way, 0), last);
  const { button } = down ? pair.rows[1 - side][other] : pair.rows[side][place];
  pair.rows.flat().forEach((each) => { each.button.tabIndex = each.button === button ? 0 : -1; });
  button.focus();
}

function listenToPair() {
  const [rows, cells] = [found("rows"), found("cells")];
  rows.addEventListener("pointerover", (event) => point(wordOf(event) ?? null));
  rows.addEventListener("pointerleave", () => point(null));
  rows.addEventListener("focusin", (event) => point(wordOf(event) ?? null));
  rows.addEventListener("focusout", () => point(null));
  rows.addEventListener("keydown", movePair);
  rows.addEventListener("click", (event) => {
    const at = wordOf(event);
    if (!at) return;
    togglePair(at.query === null ? 1 : 0, at.query ?? at.key);
    point(at); // a finger has left it by now
  });
  listenToCells(cells);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pair.pins.length) togglePair(...pair.pins.at(-1));
  });
  window.addEventListener("resize", fitPair);
  window.addEventListener("beforeprint", () => { found("all").open ||= view.keys.length <= 20; });
}

function fitPair() {
  fitMatrix();
  mark();
  placeArcs();
  reservePair();
}

function startPair() {
  document.body.classList.add("script");
  found("all").open = false;
  look();
  buildPair();
  buildMatrix();
  fitPair();
  highlightPair();
  listenToPair();
}
