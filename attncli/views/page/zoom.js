// A part of the matrix, enlarged with its names: dragged over with a pointer, or by buttons and keys around the cell meant.

const LEAST_PART = 4; // rows or columns, where there are as many
const LARGE = 20; // words; of fewer nobody needs a part, and who drags has it
const DRAG = 6; // px; less is a click
const brush = { from: null, x: 0, y: 0, to: null, last: null }; // cells; last: the one that was pointed at last
const lengths = () => ({ query: view.queries.length, key: view.keys.length });

// From one place to another, both shown, and at least so many.
function stretch([from, to], length) {
  const least = Math.min(LEAST_PART, length);
  const size = Math.max(to - from + 1, least);
  const start = Math.min(Math.max(from - Math.floor((size - (to - from + 1)) / 2), 0), length - size);
  return [start, start + size - 1];
}

function zoomTo(part) {
  const all = lengths();
  const whole = !part || Object.keys(all).every((side) => part[side][1] - part[side][0] + 1 >= all[side]);
  matrix.part = whole ? null : { query: stretch(part.query, all.query), key: stretch(part.key, all.key) };
  drawPart();
  writeAddress();
}

function drawPart() {
  const scroll = found("matrix").querySelector(".scroll");
  if (matrix.part && !scroll.style.minHeight) scroll.style.minHeight = `${scroll.offsetHeight}px`; // the page stays as high
  if (!matrix.part) scroll.style.minHeight = "";
  buildMatrix();
  namePins();
  drawCross();
  sayPart();
}

function sayPart() {
  const { top, left, n, m } = shownPart();
  const side = (from, count) => `${from}–${from + count - 1}`;
  found("zoom").hidden = !matrix.part && Math.max(...Object.values(lengths())) <= LARGE;
  found("part").textContent = matrix.part ? `rows ${side(top, n)} of ${view.queries.length}, columns ${side(left, m)} of ` +
    `${view.keys.length}` : "";
}

// Half or twice as many rows and columns, around the cell that is meant.
function zoomBy(factor) {
  const { top, left, n, m } = shownPart();
  const meant = state.at?.query != null && state.at.key != null ? state.at : brush.last;
  const around = (from, count, at, length) => {
    const size = Math.min(Math.max(Math.ceil(count * factor), Math.min(LEAST_PART, length)), length);
    const middle = at >= from && at < from + count ? at : from + Math.floor(count / 2);
    const start = Math.min(Math.max(middle - Math.floor(size / 2), 0), length - size);
    return [start, start + size - 1];
  };
  const { query, key } = meant ?? { query: lastPin()?.query };
  zoomTo({ query: around(top, n, query, view.queries.length), key: around(left, m, key, view.keys.length) });
}

// So that a cell beyond the edge of the part is shown.
function slideTo(at) {
  const { top, left, n, m } = shownPart();
  const slide = (from, count, place) => Math.min(Math.max(from, (place ?? from) - count + 1), place ?? from);
  const [row, column] = [slide(top, n, at?.query), slide(left, m, at?.key)];
  if (row !== top || column !== left) zoomTo({ query: [row, row + n - 1], key: [column, column + m - 1] });
}

// The part stays from head to head, unless there are fewer words.
function keepPart() {
  const all = lengths();
  if (matrix.part && Object.keys(all).some((side) => matrix.part[side][1] >= all[side])) matrix.part = null;
  sayPart();
}

const partWritten = (part) => (part ? `${part.query.join("-")},${part.key.join("-")}` : "");

// What an address says of it; null where that is no part of the matrix.
function partOf(text) {
  const [a, b, c, d] = (/^(\d{1,6})-(\d{1,6}),(\d{1,6})-(\d{1,6})$/.exec(text) ?? []).slice(1).map(Number);
  const all = lengths();
  if (!(a <= b && b < all.query && c <= d && d < all.key)) return null;
  return { query: stretch([a, b], all.query), key: stretch([c, d], all.key) };
}

function dragged(event) {
  const { from, x, y } = brush;
  if (!from || Math.hypot(event.clientX - x, event.clientY - y) < DRAG) return;
  brush.to = cellUnder(event);
  const { top, left } = shownPart();
  const box = found("brush");
  const [high, wide] = ["query", "key"].map((side) => [from[side], brush.to[side]].sort((one, other) => one - other));
  box.style.transform = `translate(${(wide[0] - left) * matrix.cell}px, ${(high[0] - top) * matrix.cell}px)`;
  box.style.width = `${(wide[1] - wide[0] + 1) * matrix.cell}px`;
  box.style.height = `${(high[1] - high[0] + 1) * matrix.cell}px`;
  box.classList.add("shown");
}

function dropped() {
  const { from, to } = brush;
  [brush.from, brush.to] = [null, null];
  found("brush").classList.remove("shown");
  if (!from || !to) return;
  brush.done = true; // the click that follows pins nothing
  setTimeout(() => { brush.done = false; });
  const both = (side) => [from[side], to[side]].sort((one, other) => one - other);
  zoomTo({ query: both("query"), key: both("key") });
}

const ZOOMS = { in: () => zoomBy(0.5), out: () => zoomBy(2), whole: () => zoomTo(null) };

function listenToZoom() {
  const cells = found("cells");
  cells.append(make("div", [], { class: "band", id: "brush" }));
  cells.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0) return; // a finger scrolls
    Object.assign(brush, { from: cellUnder(event), to: null, x: event.clientX, y: event.clientY });
  });
  cells.addEventListener("pointermove", (event) => { brush.last = cellUnder(event); });
  document.addEventListener("pointermove", dragged);
  document.addEventListener("pointerup", dropped);
  document.addEventListener("pointercancel", () => { brush.to = null; dropped(); });
  document.addEventListener("click", (event) => { if (brush.done) event.stopPropagation(); }, true);
  cells.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
    const way = { "+": "in", "=": "in", "-": "out", "−": "out" }[key];
    if (way && !ctrlKey && !metaKey) ZOOMS[way]();
  });
  found("zoom").addEventListener("click", ({ target }) => ZOOMS[target.closest("button")?.dataset.zoom]?.());
}
