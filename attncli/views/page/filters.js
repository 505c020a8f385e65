// Filters at work at once: the strongest weights alone, and no special tokens, no word itself, with rows that add up to 1 again.

state.strongest = 100; // percent of the weights; the others are drawn as 0 and keep their numbers
state.hide = ""; // "special", "self", or both with a comma

const LEAST_STEPS = 50; // of packed weights; the rest of a row that adds up to less is not known
const FILTERS = { special: "special tokens", self: "the word itself" };
const hides = (what) => state.hide.split(",").includes(what);

// Those that would change something: a model's tokens, and words that see themselves and others.
function filtersThere() {
  const [n, first] = [view.source.queries.length, headWeights(state.source, 0, 0)];
  const seen = view.source.queries.some((_, i) => !Number.isNaN(first[i * (n + 1)]));
  const itself = view.source.keys === null && view.source.only === null && n > 1 && seen;
  const special = view.source.special.some((places) => places.length > 0);
  return Object.keys(FILTERS).filter((what) => (what === "special" ? special : itself));
}

// What a filter leaves out, by place.
function leftOut() {
  const { special, keys } = view.source;
  const [queries, others] = [new Set(special[0]), new Set(special[keys === null ? 0 : 1])];
  const [noSpecial, noSelf] = [hides("special"), hides("self") && keys === null];
  return (query, key) => (noSpecial && (queries.has(query) || others.has(key))) || (noSelf && query === key);
}

// Weights [n_query * n_key] without what is left out, the rest of each row renormalised; a row of nothing else is 0.
reduced = function reduce(weights, source) {
  const [isOut, m] = [leftOut(), view.keys.length];
  const kept = weights.map((weight, i) => (isOut(Math.floor(i / m), i % m) ? NaN : weight));
  if (!view.source.shares) return kept;
  view.queries.forEach((_, query) => renormalise(kept.subarray(query * m, (query + 1) * m), source, query));
  return kept;
};

// From the scores, where there are any, since what remains of a row may be less than a step of the packed weights.
function renormalise(row, source, query) {
  const { scores, units } = page.sources[source];
  const { layer, head } = state;
  if (scores !== null && !view.combined) {
    const its = rowOfScores(source, layer, head, query, row.length).map((score, key) => (Number.isNaN(row[key]) ? NaN : score));
    const highest = largestIn(its);
    its.forEach((score, key) => { row[key] = Math.exp(score - highest); });
  }
  const total = row.reduce((sum, weight) => sum + (Number.isNaN(weight) ? 0 : weight), 0);
  const least = scores === null || view.combined ? (LEAST_STEPS / page.levels) * Math.max(...units[layer]) : 0;
  row.forEach((weight, key) => { if (!Number.isNaN(weight)) row[key] = total > least ? weight / total : 0; });
}

const largestIn = (numbers) => numbers.reduce((most, each) => (each > most ? each : most), -Infinity);
reducedBy = () => state.hide;

// The least weight of the strongest ones.
function leastDrawn() {
  if (state.strongest >= 100) return 0;
  const sizes = view.weights.filter((weight, i) => !Number.isNaN(weight) && isKnown(Math.floor(i / view.keys.length)));
  const sorted = sizes.map(Math.abs).sort();
  return sorted[Math.max(0, sorted.length - Math.max(1, Math.round((sorted.length * state.strongest) / 100)))] ?? 0;
}

function buildFilters() {
  const there = filtersThere();
  for (const what of Object.keys(FILTERS)) {
    const box = found(`hide-${what}`);
    box.parentElement.hidden = !there.includes(what);
    box.checked = hides(what);
  }
  found("strongest").value = state.strongest;
  found("strongest-said").textContent = `${state.strongest} %`;
  found("filtered").textContent = saidOfFilters();
}

function saidOfFilters() {
  const out = Object.keys(FILTERS).filter((what) => hides(what) && filtersThere().includes(what)).map((what) => FILTERS[what]);
  const rest = view.source.shares ? "; the rest of each row is renormalised to 1" : "";
  const said = out.length ? [`Left out: ${out.join(" and ")}${rest}.`] : [];
  if (state.strongest < 100) said.push(`Drawn: weights from ${view.least.toFixed(view.decimals)} on.`);
  return said.join(" ");
}

function filterNow() {
  state.hide = Object.keys(FILTERS).filter((what) => found(`hide-${what}`).checked).join(",");
  redraw();
}

// While the slider moves nothing but colours changes.
function strengthNow() {
  state.strongest = Number(found("strongest").value);
  view.least = leastDrawn();
  buildFilters();
  drawMatrix();
  highlight();
  writeAddress();
}

function listenToFilters() {
  for (const what of Object.keys(FILTERS)) found(`hide-${what}`).addEventListener("change", filterNow);
  found("strongest").addEventListener("input", strengthNow);
}

function filtersOf(text) {
  const known = text.split(",").filter((what) => Object.hasOwn(FILTERS, what) && filtersThere().includes(what));
  return { hide: Object.keys(FILTERS).filter((what) => known.includes(what)).join(",") };
}
