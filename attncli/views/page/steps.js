// The three steps of one query with their numbers, as sentences and as a table a row a key.

const MOST_ROWS = 64; // of the table of all weights

function drawSteps() {
  const query = lastPin()?.query ?? state.cursor;
  found("steps-title").replaceChildren(stepsName(), ...quoted(view.queries[query]));
  found("steps-hint").textContent = whichIsShown();
  if (!isKnown(query)) {
    found("three").replaceChildren(make("li", "This word's row was not worked out."));
    found("row").replaceChildren();
    return;
  }
  const steps = stepsOf(query);
  const said = sentencesOf(steps).map(([name, ...text]) => make("li", [make("strong", name), make("span", text)]));
  found("three").replaceChildren(...said);
  found("row").replaceChildren(...rowTable(query, steps));
  drawNear(query);
}

const stepsName = () => (view.signed ? "Differences of " : scored() ? "Three steps of " : "Weights of ");

function whichIsShown() {
  if (state.pins.length) return "The word pinned last.";
  return state.been ? "The word you were at last; none is pinned." : "No word is pinned: click one to see its numbers here.";
}

// Every number on the way of one query: scores, exponentials, weights, lengths of values and of their parts.
function stepsOf(query) {
  const weights = rowOf(query);
  if (!scored()) return { weights, order: ranked(weights) };
  const scores = scoresOf(query);
  const highest = scores.reduce((most, score) => (score > most ? score : most), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - highest)); // NaN where hidden
  const values = view.source.values[state.layer][state.head];
  return {
    weights, scores, highest, exponentials, values, ...made(query, scores),
    order: ranked(weights),
    sum: exponentials.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : each), 0),
    parts: weights.map((weight, key) => (values[key] === null ? NaN : weight * values[key])),
    result: view.source.results[state.layer][state.head][query],
  };
}

// The terms of scores: score = (similarity / divisor + position) / temperature, solved for the similarity.
function made(query, scores) {
  const { terms, added } = termsOf(state.source, state.layer, state.head);
  if (!terms?.similarity) return { terms, similarities: null, positions: null };
  const positions = scores.map((score, key) => (Number.isNaN(score) ? NaN : added(query, key)));
  const similarities = scores.map((score, key) => {
    const divided = score * terms.temperature - positions[key];
    const cap = terms.softcap;
    const similarity = (cap ? cap * Math.atanh(divided / cap) : divided) * terms.divisor;
    return Math.abs(similarity) === Infinity ? null : similarity;
  });
  return { terms, similarities, positions: terms.position === null ? null : positions };
}

// The formula with the numbers of one key.
function worked({ terms, similarities, positions }, key) {
  if (!similarities) return "";
  const say = (number) => asNumber(number, terms.places);
  const position = positions ? `${positions[key] < 0 ? "-" : "+"} ${say(Math.abs(positions[key]))}` : "";
  return `${terms.open.replace("{similarity}", say(similarities[key])).replace("{position}", position)} = `;
}

function sentencesOf(steps) {
  if (!steps.scores) return [[view.signed ? "Differences only." : "Weights only.", whyNoScores()]];
  if (!steps.order.length) return [["Nothing to see.", "Every key is hidden: no scores, no weights, and an output of 0."]];
  const { scores, highest, sum, weights, parts, order } = steps;
  const best = ranked(scores)[0];
  const longest = ranked(parts)[0] ?? order[0];
  const hidden = scores.length - order.length;
  const each = order.length > 1 ? `each of ${order.length} keys` : "the one key there is to see";
  const seen = `a score for ${each}${steps.terms ? `, ${steps.terms.formula}` : ""}`;
  const rest = hidden ? `; ${hidden} hidden ${hidden > 1 ? "ones have" : "one has"} none` : "";
  return [
    ["Similarity", `${seen}${rest}. The highest is `, ...quoted(view.keys[best]),
      ` with ${worked(steps, best)}${asNumber(highest)}.`],
    ["Softmax", "e to the power of each score (less the highest, which changes nothing), divided by their sum ",
      `${asNumber(sum)}, so that they add up to 1: for `, ...quoted(view.keys[best]),
      ` 1.000 / ${asNumber(sum)} = ${asWeight(weights[best])}.`],
    ["Weighted sum", "the values v, each times its weight α, added up. The longest part is ", ...quoted(view.keys[longest]),
      `, ${asWeight(weights[longest])} × ${asNumber(steps.values[longest])} = ${asNumber(parts[longest])}; `,
      `the sum has the length ${asNumber(steps.result)}.`],
  ];
}

function whyNoScores() {
  if (view.signed) return "Both have scores and values of their own: show weights to follow the steps of one.";
  if (view.combined) {
    const how = state.combine === "max" ? "the largest weight in any head" : "the mean of the heads";
    return `This is ${how} of the layer. Each has scores and values of its own: choose one head to follow its steps.`;
  }
  if (reducedBy()) return "Some of each row is left out: there are no scores or values behind what remains of it.";
  const { combined, given } = view.source;
  if (given && !combined) return "Weights alone were given: there are no scores or values behind them.";
  if (combined) return `Heads were combined (${combined}): there are no scores or values behind these weights.`;
  return page.bytes === 1
    ? "Scores and values are left out, for they would make the page too large."
    : "Pieces were merged or left out: there are no scores or values behind these weights.";
}

function rowTable(query, steps) {
  const columns = steps.scores
    ? [...termColumns(steps), ["score", steps.scores, asNumber], ["e^(score − highest)", steps.exponentials, asNumber],
      ["weight α", steps.weights, asWeight], ["length of v", steps.values, asNumber], ["α · length", steps.parts, asNumber]]
    : [...bothOf(query), [view.signed ? "difference" : "weight", steps.weights, asWeight]];
  const hidden = [...view.keys.keys()].filter((key) => Number.isNaN(steps.weights[key]));
  const rows = [...steps.order, ...hidden].map((key) => {
    const cells = columns.map(([, numbers, say]) => make("td", say(numbers[key])));
    const row = make("tr", [make("th", bdi(view.keys[key]), { scope: "row" }), ...cells]);
    cells[columns.length - (steps.scores ? 3 : 1)].classList.add("bar");
    row.style.setProperty("--share", Math.abs(shareOf(query, steps.weights[key])));
    return row;
  });
  const first = ` looks at, the largest ${view.signed ? "difference" : "weight"} first`;
  const caption = make("caption", ["What ", ...quoted(view.queries[query]), first]);
  const heads = make("tr", ["key", ...columns.map(([name]) => name)].map((name) => make("th", name, { scope: "col" })));
  const over = steps.scores ? [stepHeads(columns.length - 4)] : [];
  return [caption, make("thead", [...over, heads]), make("tbody", rows), ...footOf(steps)];
}

// The terms that differ from key to key, unless the score is the only one.
function termColumns({ terms, similarities, positions }) {
  if (!similarities) return [];
  const say = (number) => asNumber(number, terms.places);
  return [[terms.similarity, similarities, say], ...(positions ? [["position", positions, say]] : [])];
}

// The weights behind a row of differences.
function bothOf(query) {
  if (!view.signed) return [];
  const m = view.keys.length;
  return [0, state.source].map((source) => {
    const name = source ? page.sources[source].name : page.compared.baseline;
    return [name, weightsOf(source).slice(query * m, (query + 1) * m), asShare];
  });
}

// Which columns belong to which step.
function stepHeads(terms) {
  const steps = [["1 similarity", terms], ["2 softmax", 2], ["3 weighted sum", 2]];
  const heads = steps.map(([name, span]) => make("th", name, { scope: "colgroup", colspan: span }));
  return make("tr", [make("td"), ...heads]);
}

function footOf(steps) {
  if (!steps.scores) return [];
  const total = steps.weights.reduce((sum, weight) => sum + (Number.isNaN(weight) ? 0 : weight), 0);
  const terms = termColumns(steps).length;
  const sums = [...Array(terms).fill(""), "", asNumber(steps.sum), asWeight(total), "", ""].map((text) => make("td", text));
  const length = make("th", "length of the weighted sum", { scope: "row", colspan: 5 + terms });
  return [make("tfoot", [
    make("tr", [make("th", "sum", { scope: "row" }), ...sums]),
    make("tr", [length, make("td", asNumber(steps.result))]),
  ])];
}

// The nearest words of a query's vector before and after attention, where vectors live among words.
function drawNear(query) {
  const near = view.source.neighbours?.[query];
  const lists = !near ? [] : [
    make("h3", "Nearest words"),
    make("p", [make("strong", "before attention "), ...wordsOf(near.before)]),
    make("p", near.after ? [make("strong", "after the last layer "), ...wordsOf(near.after)]
      : "After attention there are none: the output does not live in the space of the word vectors."),
  ];
  found("near").replaceChildren(...lists);
}

const wordsOf = (near) => near.flatMap(([text, cosine], i) => [i ? ", " : "", bdi(text), ` ${cosine.toFixed(2)}`]);

// All weights as a real table; only while it is open, for nobody sees it otherwise.
function drawTable() {
  if (!found("all").open || Math.max(view.queries.length, view.keys.length) > MOST_ROWS) return;
  const heads = view.keys.map((name) => make("th", bdi(name), { scope: "col" }));
  const rows = view.queries.map((name, query) => {
    const cells = rowOf(query).map((weight) => make("td", isKnown(query) ? asWeight(weight) : "not worked out"));
    return make("tr", [make("th", bdi(name), { scope: "row" }), ...cells]);
  });
  const shown = view.signed ? `Differences from ${page.compared.baseline}` : "Weights";
  found("table").replaceChildren(
    make("caption", `${shown} of ${whatIsShown()}: each row's word looks at the words of the columns`),
    make("thead", make("tr", [make("td"), ...heads])),
    make("tbody", rows),
  );
}
