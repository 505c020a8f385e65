// The query of the pinned word and the key of another, a number a dimension: their products add up to q · k.

const TOLD = 3; // dimensions
const dimensions = { key: null }; // the key that was pointed at last

const hasDimensions = () => view.source.dimensions != null && scored();

// One token's vector in the head that is shown.
function vectorOf(side, i) {
  const heads = view.source.dimensions[side][state.layer];
  const [unit, text] = heads[state.head % heads.length];
  const codes = remembered(`${state.source} ${state.layer} ${state.head} ${side}`, () => codesOf(text, 2));
  const d = codes.length / (side === "queries" ? view.queries.length : view.keys.length);
  return Array.from(codes.subarray(i * d, (i + 1) * d), (code) => (2 * code / page.levels - 1) * unit);
}

// A word is pinned; the other of the pair is the key under the pointer, or the last one, or the strongest.
function drawDimensions() {
  const query = lastPin()?.query;
  found("dimensions").hidden = !hasDimensions();
  if (!hasDimensions()) return;
  if (state.at?.key != null) dimensions.key = state.at.key;
  const pinned = query !== undefined;
  found("dimensions-said").replaceChildren(...(pinned ? saidOfProduct(query, keyOf(query)) : ["Pin a word to see them."]));
  reachable(found("dimensions-said"));
  const rows = pinned ? threeOf(query, keyOf(query)) : [];
  rows.forEach((row, i) => drawStrip(found("dimensions").querySelectorAll("canvas")[i], row));
}

function keyOf(query) {
  return dimensions.key !== null && dimensions.key < view.keys.length ? dimensions.key : ranked(rowOf(query))[0] ?? 0;
}

function threeOf(query, key) {
  const [q, k] = [vectorOf("queries", query), vectorOf("keys", key)];
  return [q, k, q.map((number, i) => number * k[i])];
}

function saidOfProduct(query, key) {
  const parts = threeOf(query, key)[2];
  const sum = parts.reduce((all, part) => all + part, 0);
  const most = [...parts.keys()].sort((i, j) => Math.abs(parts[j]) - Math.abs(parts[i])).slice(0, TOLD);
  const told = most.map((i) => `${i}: ${withSign(parts[i], 2)}`).join(", ");
  const said = ` = ${asNumber(sum, 2)}; most in dimensions ${told}`;
  return [...quoted(view.queries[query]), " · ", ...quoted(view.keys[key]), said];
}

// A pixel a dimension, in the colours of differences, up to its own largest.
function drawStrip(canvas, numbers) {
  const most = largestOf(numbers) || 1;
  canvas.width = numbers.length;
  canvas.height = 1;
  const pen = canvas.getContext("2d");
  const { papers } = DARK.matches ? ON_DARK : DIFFERENCES;
  numbers.forEach((number, i) => {
    pen.fillStyle = `rgb(${papers[Math.round(((number / most + 1) / 2) * 255)].join(", ")})`;
    pen.fillRect(i, 0, 1, 1);
  });
}
