// How far each source is from the baseline, as `attn compare` measures it: a table, and a line of the one shown.

// Their names as in the terminal's table.
const MEASURES = [
  ["entropy", (value) => value.toFixed(2)],
  ["JSD", (value) => value.toFixed(3)],
  ["Spearman", (value) => value.toFixed(2).replace(/^-(?!0.00$)/, "−").replace("-", "")],
  ["top-1", (value) => `${(100 * value).toFixed(0)}%`],
];

// Of the mean of a layer's heads nothing was measured where each head was.
function measuresOf(source) {
  if (page.compared === null) return null;
  const measures = page.compared.measures[source];
  if (page.compared.measured !== null) return measures[0][0];
  return view.combined ? null : measures[state.layer][state.head];
}

const measured = (value, say) => (value === null ? "–" : say(value));

function drawMeasures() {
  found("measures").hidden = page.compared === null;
  if (page.compared === null) return;
  const heads = [make("td"), ...MEASURES.map(([name]) => make("th", name, { scope: "col" }))];
  const rows = page.sources.map(({ name }, source) => measureRow(name, source));
  found("measures-hint").textContent = whatIsMeasured();
  const there = measuresOf(0) !== null;
  found("measured").replaceChildren(...(there ? [make("thead", make("tr", heads)), make("tbody", rows)] : []));
}

function measureRow(name, source) {
  const head = make("th", bdi(name), { scope: "row" });
  const cells = measuresOf(source)?.map((value, i) => make("td", measured(value, MEASURES[i][1]))) ?? [];
  const now = source === state.source ? { "aria-current": "true" } : {};
  return make("tr", [head, ...cells], now);
}

function whatIsMeasured() {
  if (measuresOf(0) === null) return "Each head is measured on its own: choose one head.";
  const { measured, baseline } = page.compared;
  const what = measured ?? whatIsShown();
  return [
    `Each against the baseline, ${baseline}${what ? `, by ${what}` : ""}. Entropy and Jensen–Shannon divergence (JSD: `,
    "0 the same, 1 nothing shared) are bits a row; Spearman: 1 is the same order; top-1: rows with the same largest.",
  ].join("");
}

// The same of the source that is shown, in a line.
function measuredLine() {
  const values = measuresOf(state.source);
  if (values === null) return [];
  const [bits, apart, alike, top] = values.map((value, i) => measured(value, MEASURES[i][1]));
  const against = `, against ${page.compared.baseline} divergence ${apart} bits, Spearman ${alike}, top-1 ${top}`;
  const line = [bdi(view.source.name), `: entropy ${bits} bits${state.source ? against : ", the baseline"}`];
  return [make("span", line, { class: "measured", "aria-hidden": "true" })]; // a screen reader has the table
}
