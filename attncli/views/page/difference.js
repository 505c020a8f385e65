// The numbers shown of a source, weights or their differences from the baseline's.

const differs = () => state.show === "difference" && subtracts(state.source);
const subtracts = (source) => source > 0 && page.compared !== null && page.compared.subtracts;

// What a page may leave out of weights, and the name of that, "" for nothing; see filters.js.
let reduced = (weights) => weights;
let reducedBy = () => "";

function weightsOf(source) {
  const { layer, head, combine } = state;
  const whole = view.combined ? combinedWeights(source, layer, combine) : headWeights(source, layer, head);
  const by = reducedBy();
  return by ? remembered(`${source} ${layer} ${view.combined ? combine : head} ${by}`, () => reduced(whole, source)) : whole;
}

// Weights minus the baseline's; a weight hidden in one of them is 0 there.
function differencesOf(source) {
  const which = view.combined ? state.combine : state.head;
  return remembered(`${source} ${state.layer} ${which} difference ${reducedBy()}`, () => {
    const [its, base] = [weightsOf(source), weightsOf(0)];
    return its.map((weight, i) => {
      if (Number.isNaN(weight)) return Number.isNaN(base[i]) ? NaN : -base[i];
      return weight - (Number.isNaN(base[i]) ? 0 : base[i]);
    });
  });
}

const shownOf = (source) => (differs() ? differencesOf(source) : weightsOf(source));

// Of a changed word both are named.
function namesNow(source) {
  if (!view.signed) return source.queries;
  return source.queries.map((name, i) => {
    const before = page.sources[0].queries[i];
    return before === name ? name : `${before}/${name}`;
  });
}

const largestOf = (numbers) =>
  numbers.reduce((most, each) => (Math.abs(each) > most ? Math.abs(each) : most), 0); // NaN is not larger

function buildShow() {
  const there = page.sources.some((_, source) => subtracts(source));
  const names = [["weights", "weights"], ["difference", `difference from ${there ? page.compared.baseline : ""}`]];
  fill("show", names, state.show, there);
}

// The baseline has no difference from itself: asked for one, the next source is shown, and asked for it, its weights.
function keepApart(changed) {
  if (state.show !== "difference" || subtracts(state.source)) return;
  if (changed === "show") state.source = 1;
  else state.show = "weights";
}
