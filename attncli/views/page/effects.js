// The map of a model's heads by their effect on its answer: each head is a button, and a switch outlines those that matter.

const inSigns = (value) => `${value < -0.005 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

function drawEffects() {
  found("effects").hidden = page.effects === null;
  if (page.effects === null) return;
  found("effects-hint").textContent = page.effects.hint;
  const { layers, heads } = view.source;
  const names = [make("td"), ...heads.map((head) => make("th", head, { scope: "col" }))];
  const rows = layers.map((layer, row) => {
    const cells = heads.map((_, column) => effectCell(row, column));
    return make("tr", [make("th", layer, { scope: "row" }), ...cells]);
  });
  found("map").replaceChildren(make("thead", make("tr", names)), make("tbody", rows));
}

function effectCell(row, column) {
  const { effects, weights, matter } = page.effects;
  if (effects[row][column] === null) return make("td", "–");
  const { layers, heads } = view.source;
  const effect = inSigns(effects[row][column]);
  const label = `Layer ${layers[row]}, head ${heads[column]}: effect ${effect}, weight ${weights[row][column].toFixed(2)}`;
  const now = !view.combined && row === state.layer && column === state.head ? { "aria-current": "true" } : {};
  const button = make("button", effect, { type: "button", "aria-label": label, title: label, ...now });
  button.addEventListener("click", () => showHead(row, column));
  return make("td", button, found("outline").checked && matter[row][column] ? { class: "matters" } : {});
}

function showHead(row, column) {
  Object.assign(state, { layer: row, head: column, combine: "head" });
  redraw();
  found("map").querySelector("[aria-current]").focus({ preventScroll: true });
}
