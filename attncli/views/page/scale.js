// Scales of colour, with the meaning that views/scale.py gives them: from a number to its share of the full colour.

const [FEW_WORDS, PERCENT, FAINTEST_WEIGHT] = [16, 99.5, 1e-4];
const CURVES = { sqrt: "square roots", log: "logarithms" };
const EQUAL = 1 + 1e-9;
const SCALE_NAMES = {
  auto: "auto", fixed: "0 to 1", largest: "to the largest", percentile: `to the ${PERCENT}th percentile`,
  sqrt: "square root", log: "logarithm", row: "each row to its largest",
};

// Over all panels, each [n * m], NaN where hidden. crossed: the columns are of another sentence; signed: numbers with a
// sign; what: the name of one; shares: a fixed scale of numbers with a sign ends at 1.
function colorScale(name, panels, { n, m, crossed = false, signed = false, what = "weight", shares = true }) {
  const seen = sizesOf(panels, () => true);
  const largest = seen.reduce((most, size) => Math.max(most, size), 0);
  const scale = { name, top: 1, bottom: 0, beyond: false, signed, said: "" };
  const all = signed ? "the largest" : `the largest ${what}`;
  if (name === "row") return { ...scale, said: signed ? "largest difference" : `largest ${what}` };
  if (name === "fixed" && (!signed || shares)) {
    const top = signed ? 1 : Math.max(1, largest);
    return { ...scale, top, said: top > EQUAL ? all : "" };
  }
  if (name in CURVES) return { ...scale, ...curveEnds(name, largest), said: `${all}, by ${CURVES[name]}` };
  return { ...scale, ...upTo(name, panels, { n, m, crossed, signed, all, seen, largest }) };
}

function curveEnds(name, largest) {
  if (name === "log") return { top: Math.max(largest, 10 * FAINTEST_WEIGHT), bottom: FAINTEST_WEIGHT };
  return { top: largest || 1, bottom: 0 };
}

// To the largest of few, or a percentile; without the diagonal where a sentence looks at itself.
function upTo(name, panels, { n, m, crossed, signed, all, seen, largest }) {
  const off = !signed && !crossed && n === m && name !== "largest" && name !== "fixed";
  const sizes = off ? sizesOf(panels, (i) => Math.floor(i / m) !== i % m) : seen;
  const many = name === "percentile" || (name === "auto" && !signed && Math.max(n, m) > FEW_WORDS);
  const percentile = many ? percentileOf(sizes) : 0;
  const top = percentile || sizes.reduce((most, size) => Math.max(most, size), 0);
  const said = percentile ? `the ${PERCENT}th percentile` : all;
  if (!(top > 0)) return { top: largest || 1, said };
  const apart = off && sizes.length < seen.length ? " off the diagonal" : "";
  return { top, beyond: largest > top * EQUAL, said: `${said}${apart}` };
}

const sizesOf = (panels, takes) =>
  panels.flatMap((panel) => Array.from(panel, Math.abs).filter((size, i) => !Number.isNaN(size) && takes(i)));

// On a straight line between the two nearest, as NumPy has it.
function percentileOf(sizes) {
  if (!sizes.length) return 0;
  const sorted = Float64Array.from(sizes).sort();
  const place = ((sorted.length - 1) * PERCENT) / 100;
  const low = Math.floor(place);
  const next = sorted[Math.min(low + 1, sorted.length - 1)];
  return sorted[low] + (place - low) * (next - sorted[low]);
}

// From 0 to 1, of a signed number from -1 to 1; 0 where hidden. top: of its row, by row.
function shareOn({ name, top, bottom, signed }, number, rowTop) {
  if (Number.isNaN(number)) return 0;
  const size = signed ? Math.abs(number) : Math.max(number, 0);
  const most = name === "row" ? rowTop : top;
  const share = name === "log" ? Math.log(Math.max(size, bottom) / bottom) / Math.log(top / bottom) : size / most;
  return Math.sign(number) * Math.max(0, Math.min(1, name === "sqrt" ? Math.sqrt(share) : share));
}

// The scale of what is shown; the same for all sources, to compare them by eye.
function scaleNow() {
  const sources = [...page.sources.keys()].filter((source) => !differs() || subtracts(source));
  const panels = sources.map((source) => knownRows(shownOf(source)));
  const [n, m] = [view.queries.length, view.keys.length];
  const { shares, keys, signed } = view.source;
  return colorScale(state.scale, panels, { n, m, crossed: keys !== null, signed: view.signed, shares: shares && !signed });
}

// Of a page that has one query worked out, its row alone.
function knownRows(numbers) {
  const m = view.keys.length;
  return view.source.only === null ? numbers : numbers.map((number, i) => (isKnown(Math.floor(i / m)) ? number : NaN));
}

const rowTops = () => (state.scale === "row" ? view.queries.map((_, query) => largestOf(rowOf(query)) || 1) : []);

// Weaker numbers than a filter draws are 0.
function shareOf(query, number) {
  return Math.abs(number) < (view.least ?? 0) ? 0 : shareOn(view.scale, number, view.rowTops[query]);
}


function scaleNames() {
  const names = Object.entries(SCALE_NAMES).filter(([name]) => name !== "fixed" || view.source.shares);
  return names.map(([name, said]) => [name, name === "fixed" && view.signed ? "−1 to 1" : said]);
}

// The two ends of the colours in words.
function scaleEnds() {
  const { name, top, bottom, beyond, signed, said } = view.scale;
  const [less, more] = view.source.ends ?? ["less", "more"];
  const number = view.source.unit ? top.toFixed(view.decimals) : shortNumber(top);
  const most = name === "row" ? `each row's own ${said}` : `${beyond ? "≥ " : ""}${signed ? "+" : ""}${number}`;
  const means = name === "row" || !said ? "" : `, ${said}${largestCell()}`;
  if (!signed) return [`${bottom}`, `${most}${means}`];
  return [name === "row" ? less : `${less}: ${beyond ? "≤ " : ""}−${number}`, `${more}: ${most}${means}`];
}

const shortNumber = (number) => String(Number(number.toPrecision(2)));

// The words of the largest difference that is shown.
function largestCell() {
  if (!view.signed) return "";
  let [best, size] = [0, 0];
  view.weights.forEach((number, i) => { if (Math.abs(number) > size) [best, size] = [i, Math.abs(number)]; });
  if (!size) return "";
  const m = view.keys.length;
  return `${size * EQUAL < view.scale.top ? "; here" : ""}: ${view.queries[Math.floor(best / m)]} → ${view.keys[best % m]}`;
}
