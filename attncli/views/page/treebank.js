// The page of heads against treebanks: a relation is chosen, and all heads are shown on it in both directions.

const LOOKS = ["a dependant looks most at its head word", "a head word looks most at its dependant"];
const Z = 1.959964; // of the 95 % interval
const SMALLEST = 14, LARGEST = 44, NUMBERED = 26; // px of a cell; from the last on its number is in it
const PADDING = 6; // px, of what a map scrolls in
const bank = { chosen: 0, at: null, rows: [], cells: [[], []] }; // at: {way, layer, head} under the pointer or the focus

// The 95 % interval of a share (Wilson 1927).
function interval(correct, count) {
  const [share, z] = [correct / count, (Z * Z) / count];
  const reach = Math.sqrt(share * (1 - share) * z + (z * z) / 4);
  return [share + z / 2 - reach, share + z / 2 + reach].map((end) => Math.min(Math.max(end / (1 + z), 0), 1));
}

const relationNow = () => page.relations[bank.chosen];
const placeOf = (layer, head, way) => (layer * page.heads.length + head) * 2 + way;
// Two decimals, half to even as in the table: of eighths 1 and 5 go down.
const inShort = (share) => (share - ((share * 8) % 4 === 1 ? 0.001 : 0)).toFixed(2);
const offsetOf = ({ offset }) => `${offset < 0 ? "−" : "+"}${Math.abs(offset)}`;

function scoreOf(relation, layer, head, way) {
  const correct = relation.correct[placeOf(layer, head, way)];
  const [low, high] = interval(correct, relation.count);
  return { correct, share: correct / relation.count, low, high, beats: low > relation.baseline };
}

function saidOfHead(relation, { layer, head, way }) {
  const { correct, share, low, high, beats } = scoreOf(relation, layer, head, way);
  const found = `in ${correct.toLocaleString("en")} of ${relation.count.toLocaleString("en")} pairs`;
  const where = beats ? "beyond" : "not beyond";
  return [
    `Layer ${page.layers[layer]}, head ${page.heads[head]}, `, bdi(relation.name), `: ${LOOKS[way]} ${found}, `,
    make("strong", inShort(share)), ` (${inShort(low)}–${inShort(high)}), `,
    `${where} the ${inShort(relation.baseline)} of the best fixed distance (${offsetOf(relation)}).`,
  ];
}

function saidOfRelation(relation) {
  return [...saidOfHead(relation, relation.best), ` ${relation.beating}`];
}

function say() {
  const { at } = bank;
  found("readout").replaceChildren(make("span", at ? saidOfHead(relationNow(), at) : saidOfRelation(relationNow())));
}

// Room for the longest line of any relation.
function reserveLine() {
  keep("height", "readout", page.relations.map((relation) => [make("span", saidOfRelation(relation))]));
  found("views").style.setProperty("--readout", `${found("readout").offsetHeight}px`);
}

function buildRows() {
  bank.rows = [...document.querySelectorAll("#relations tbody tr")];
  bank.rows.forEach((row, i) => {
    const button = make("button", bdi(page.relations[i].name), { type: "button" });
    row.querySelector("th").replaceChildren(button);
    row.addEventListener("click", () => choose(i));
  });
}

function choose(i) {
  bank.chosen = i;
  bank.rows.forEach((row, at) => {
    row.classList.toggle("chosen", at === i);
    const button = row.querySelector("button");
    button.setAttribute("aria-pressed", at === i);
    button.tabIndex = at === i ? 0 : -1;
  });
  found("maps-title").replaceChildren("All heads on ", bdi(relationNow().name));
  drawMaps();
  say();
}

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

function moveRow(event) {
  const last = bank.rows.length - 1;
  const to = { Home: 0, End: last }[event.key] ?? bank.chosen + STEPS[event.key];
  if (Number.isNaN(to) || !event.target.closest("button")) return;
  event.preventDefault();
  choose(Math.min(Math.max(to, 0), last));
  bank.rows[bank.chosen].querySelector("button").focus();
}

function buildMaps() {
  document.querySelectorAll(".map").forEach((map, way) => {
    const names = page.heads.map((head) => make("th", head, { scope: "col" }));
    bank.cells[way] = page.layers.map((_, layer) => page.heads.map((_, head) => cellOf(way, layer, head)));
    const rows = bank.cells[way].map((cells, at) => make("tr", [make("th", page.layers[at], { scope: "row" }), ...cells]));
    map.replaceChildren(make("thead", make("tr", [make("td"), ...names])), make("tbody", rows));
    map.addEventListener("keydown", moveCell);
    map.addEventListener("pointerleave", () => pointAt(null));
  });
}

function cellOf(way, layer, head) {
  const cell = make("td", [], { tabindex: layer + head ? -1 : 0 });
  const place = { way, layer, head };
  for (const event of ["pointerenter", "focus", "click"]) cell.addEventListener(event, () => pointAt(place));
  cell.addEventListener("blur", () => pointAt(null));
  return cell;
}

function pointAt(place) {
  cellAt(bank.at)?.classList.remove("at");
  bank.at = place;
  cellAt(place)?.classList.add("at");
  say();
}

const cellAt = (place) => place && bank.cells[place.way][place.layer][place.head];
const TURNS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function moveCell(event) {
  const { way, layer, head } = bank.at ?? {};
  const ends = { Home: [0, -page.heads.length], End: [0, page.heads.length] };
  const [down, right] = TURNS[event.key] ?? ends[event.key] ?? [];
  if (way === undefined || down === undefined) return;
  event.preventDefault();
  const within = (to, n) => Math.min(Math.max(to, 0), n - 1);
  const next = bank.cells[way][within(layer + down, page.layers.length)][within(head + right, page.heads.length)];
  bank.cells[way].flat().forEach((cell) => { cell.tabIndex = cell === next ? 0 : -1; });
  next.focus();
}

function drawMaps() {
  const relation = relationNow();
  const most = page.scale === "row" ? Math.max(1, ...relation.correct) / relation.count : 1;
  bank.cells.forEach((rows, way) => rows.forEach((cells, layer) => cells.forEach((cell, head) => {
    const { share, beats } = scoreOf(relation, layer, head, way);
    const level = Math.round((share / most) * 255);
    cell.style.background = `rgb(${WEIGHTS.papers[level].join(" ")})`;
    cell.style.color = WEIGHTS.inks[level];
    cell.classList.toggle("beyond", beats);
    cell.textContent = inShort(share).replace("0.", ".");
    cell.setAttribute("aria-label", `${inShort(share)}${beats ? ", beyond the best fixed distance" : ""}`);
  })));
  found("most").textContent = inShort(most);
}

function fitMaps() {
  document.querySelectorAll(".map").forEach((map) => {
    const beside = map.querySelector("tbody th").offsetWidth + page.heads.length + 2 + PADDING; // a pixel between cells
    const room = Math.floor((map.parentElement.clientWidth - beside) / page.heads.length);
    const cell = Math.min(Math.max(room, SMALLEST), LARGEST);
    map.style.setProperty("--cell", `${cell}px`);
    map.classList.toggle("bare", cell < NUMBERED);
  });
  reserveLine();
}

function startTreebank() {
  document.body.classList.add("script");
  buildRows();
  buildMaps();
  choose(0);
  fitMaps();
  found("relations").addEventListener("keydown", moveRow);
  window.addEventListener("resize", fitMaps);
}

startTreebank();
