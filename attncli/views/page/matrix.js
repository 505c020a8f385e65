// The matrix: a canvas of cells, one colour a weight, with the words beside it and a cross that follows.

const [WEIGHTS, DIFFERENCES, ON_DARK] = [PALETTE.weights, PALETTE.differences, PALETTE.differences_on_dark].map(colours);
const DARK = window.matchMedia("screen and (prefers-color-scheme: dark)");
const [SMALLEST_NUMBERED, SMALLEST_SIGNED, SIGNED_FROM] = [34, 10, 0.1]; // px; the share of the full colour
const SMALLEST_NAMED = 10; // px; smaller cells have no words beside them
const MOST_NAMED = 96; // words
const HIGHEST_PART = 900; // px
const UPRIGHT = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー]+(\[\d+\])?$/u; // scripts that are written downwards too
const matrix = { cell: 0, rows: [], columns: [], part: null }; // part: the places shown of each side, null of all

// 256 papers and the ink on each, black or white, whichever has a contrast of 4.5 or more: their ratios meet at a
// luminance of 0.179 (WCAG 2.1).
function colours(anchors) {
  const papers = Array.from({ length: 256 }, (_, i) => colourAt(anchors, i));
  return { papers, inks: papers.map((paper) => PALETTE.inks[luminance(paper) > 0.179 ? 0 : 1]) };
}

function colourAt(anchors, level) {
  const next = anchors.findIndex(([place]) => place >= level);
  const [above, below] = [anchors[next], anchors[Math.max(next - 1, 0)]];
  const share = above[0] === below[0] ? 0 : (level - below[0]) / (above[0] - below[0]);
  return [1, 2, 3].map((i) => Math.round(below[i] + share * (above[i] - below[i])));
}

function luminance(colour) {
  const [red, green, blue] = colour.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

DARK.addEventListener("change", () => { if (view.keys) drawMatrix(); }); // a page without a matrix has none
const coloursNow = () => (DARK.matches && view.signed ? ON_DARK : coloursOnPaper());
const coloursOnPaper = () => (view.signed ? DIFFERENCES : WEIGHTS);

function levelOf(query, weight) {
  const share = shareOf(query, weight);
  return Math.round((view.signed ? (share + 1) / 2 : share) * 255);
}

// The first of the rows and of the columns that are shown, and how many there are of both.
function shownPart() {
  const { query, key } = matrix.part ?? { query: [0, view.queries.length - 1], key: [0, view.keys.length - 1] };
  return { top: query[0], left: key[0], n: query[1] - query[0] + 1, m: key[1] - key[0] + 1 };
}

function buildMatrix() {
  const { top, left, n, m } = shownPart();
  matrix.rows = nameList(found("row-names"), view.queries.slice(top, top + n));
  matrix.columns = nameList(found("column-names"), view.keys.slice(left, left + m));
  const unnamed = Math.max(n, m) > MOST_NAMED;
  const why = `More than ${MOST_NAMED} words have no names here: point at a cell to read its two above.`;
  found("unnamed").textContent = unnamed ? why : "";
  fitMatrix();
}

function nameList(list, names) {
  const kind = (name) => (UPRIGHT.test(name) ? "name upright" : "name");
  const named = names.length <= MOST_NAMED ? names.map((name) => make("span", bdi(name), { class: kind(name) })) : [];
  list.replaceChildren(...named);
  return named;
}

// Cells as large as there is room for, up to 56 px; where words are beside them, not too small to read.
function fitMatrix() {
  fitCells();
  fitCells(); // the names are as small as the cells, and leave them the more room
  drawMatrix();
}

function fitCells() {
  const { n, m } = shownPart();
  const grid = found("matrix").querySelector(".grid");
  const room = found("matrix").querySelector(".scroll").clientWidth - (m <= MOST_NAMED ? found("row-names").offsetWidth : 0) - 2;
  const least = Math.max(n, m) <= MOST_NAMED ? SMALLEST_NAMED : 1;
  matrix.cell = Math.max(Math.min(room / m, 56, matrix.part ? HIGHEST_PART / n : 56), least);
  if (matrix.cell > 3) matrix.cell = Math.floor(matrix.cell);
  grid.style.setProperty("--cell", `${matrix.cell}px`);
  grid.style.setProperty("--small", `${Math.min(13, matrix.cell)}px`);
  found("cells").style.width = `${matrix.cell * m}px`;
  found("cells").style.height = `${matrix.cell * n}px`;
}

function drawMatrix() {
  const { top, left, n, m } = shownPart();
  const canvas = found("cells").querySelector("canvas");
  const sharp = Math.min(window.devicePixelRatio || 1, 4096 / (Math.max(n, m) * matrix.cell)) || 1;
  canvas.width = Math.round(matrix.cell * m * sharp);
  canvas.height = Math.round(matrix.cell * n * sharp);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  const whole = imageOf(view.queries.length, view.keys.length);
  pen.drawImage(whole, left, top, m, n, 0, 0, canvas.width, canvas.height);
  if (matrix.cell >= SMALLEST_NUMBERED) writeNumbers(pen, matrix.cell * sharp, 0.32, inCell);
  else if (view.signed && matrix.cell >= SMALLEST_SIGNED) writeNumbers(pen, matrix.cell * sharp, 0.8, signOf);
  drawLegend();
}

// A pixel a cell; hidden cells are left clear, so that the hatching behind them shows.
function imageOf(n, m, { papers } = coloursNow()) {
  const canvas = make("canvas", [], { width: m, height: n });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(m, n);
  view.weights.forEach((weight, i) => {
    const query = Math.floor(i / m);
    if (Number.isNaN(weight) || !isKnown(query)) return;
    image.data.set(papers[levelOf(query, weight)], 4 * i);
    image.data[4 * i + 3] = 255;
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}

function writeNumbers(pen, size, share, write) {
  pen.font = `${Math.round(size * share)}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const { top, left, n, m } = shownPart();
  for (let query = top; query < top + n; query++) {
    for (let key = left; key < left + m; key++) {
      const weight = weightAt(query, key);
      if (Number.isNaN(weight) || !isKnown(query) || Math.abs(weight) < (view.least ?? 0)) continue;
      pen.fillStyle = coloursNow().inks[levelOf(query, weight)];
      pen.fillText(write(weight, query), (key - left + 0.5) * size, (query - top + 0.5) * size);
    }
  }
}

// In two digits, or in whole units of the source.
function inCell(number) {
  if (!view.signed) return number.toFixed(2);
  return view.source.unit ? withSign(number / view.source.unit, 0) : withSign(number, 2);
}

// Where no number fits: of a large difference its sign.
function signOf(number, query) {
  const share = shareOf(query, number);
  return Math.abs(share) < SIGNED_FROM ? "" : share < 0 ? "−" : "+";
}

function drawLegend() {
  const [least, most] = scaleEnds();
  found("least").textContent = least;
  found("most").textContent = most;
  found("ramp").classList.toggle("signed", view.signed);
  const hidden = view.weights.some(Number.isNaN) || view.source.only !== null;
  const why = view.source.only === null ? "hidden, no weight at all" : "not worked out";
  found("veiled").textContent = hidden ? `hatched: ${why}` : "";
  found("veiled").classList.toggle("shown", hidden);
}

// The cross, the names it meets, and the names of pinned words.
function drawCross() {
  const { top, left, n, m } = shownPart();
  const [row, column] = [(state.at?.query ?? NaN) - top, (state.at?.key ?? NaN) - left]; // NaN where none is meant
  place(found("row-band"), row, n, "translateY");
  place(found("column-band"), column, m, "translateX");
  matrix.rows.forEach((name, i) => name.classList.toggle("at", i === row));
  matrix.columns.forEach((name, i) => name.classList.toggle("at", i === column));
}

function place(band, i, count, move) {
  band.classList.toggle("shown", i >= 0 && i < count);
  if (i >= 0) band.style.transform = `${move}(${i * matrix.cell}px)`;
}

function namePins() {
  const { top } = shownPart();
  matrix.rows.forEach((name, i) => {
    const pin = state.pins.find((each) => each.query === top + i);
    name.dataset.hue = pin ? pin.slot % 6 : "";
  });
}
