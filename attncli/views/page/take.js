// What can be taken along of the matrix that is shown: a picture, its numbers, and the command that makes them.

function fileName(ending) {
  const { layers, heads, combined } = view.source;
  const head = view.combined ? state.combine : `head-${heads[state.head]}`;
  return `attn-${combined ?? `layer-${layers[state.layer]}-${head}`}.${ending}`;
}

function save(ending, blob) {
  const link = make("a", [], { href: URL.createObjectURL(blob), download: fileName(ending) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  taken(`Saved ${link.download}`);
}

const taken = (said) => { found("taken").textContent = said; };

// The columns of the command's own table that the page has; numbers of six digits, hidden ones empty.
function asCsv() {
  const { layers, heads, texts } = view.source;
  const [queries, keys] = differs() ? [view.queries, view.keys] : [texts[0], texts.at(-1)]; // of two sentences both words
  const text = (word) => `"${word.replaceAll('"', '""')}"`;
  const number = (weight) => (Number.isNaN(weight) ? "" : Number(weight.toPrecision(6)));
  const place = [layers[state.layer], view.combined ? text(state.combine) : heads[state.head]];
  const names = ["layer", "head", "query", "query_text", "key", "key_text", view.signed ? "difference" : "weight"];
  const { rows, columns } = shownPlaces();
  const lines = rows.filter(isKnown).flatMap((query) => columns.map((key) =>
    [...place, query, text(queries[query]), key, text(keys[key]), number(weightAt(query, key))].join(",")));
  return `${[names.map(text).join(","), ...lines].join("\r\n")}\r\n`;
}

// The command of what is shown: of one head of a model its numbers, of a pinned word its place.
function commandNow() {
  const { command, layers, heads, combined } = view.source;
  const options = view.signed ? [] : [...command.options];
  if (command.heads && !combined) {
    options.push(`--layer ${layers[state.layer]}`);
    if (view.combined) options.push(`--combine ${state.combine}`);
    else options.push(`--head ${heads[state.head]}`);
  }
  if (state.scale !== "auto") options.push(`--color-scale ${state.scale}`);
  if (hides("special")) options.push("--hide-special");
  if (hides("self") && !command.heads) options.push("--exclude-self");
  if (view.signed) return [page.compared.commands[state.source], ...options].join(" ");
  const word = lastPin() && placeOfWord(lastPin().query);
  if (word != null) options.push(`--word ${word}`);
  const words = command.guard ? [...options, "--", command.text] : [command.text, ...options];
  return [command.name, ...words].join(" ");
}

// As the command counts them, which leaves special tokens out altogether.
function placeOfWord(query) {
  if (!hides("special")) return query;
  const special = view.source.special[0];
  return special.includes(query) ? null : query - special.filter((place) => place < query).length;
}

async function copyCommand() {
  const command = commandNow();
  try {
    await navigator.clipboard.writeText(command);
    taken(`Copied: ${command}`);
  } catch {
    taken(command); // to be copied by hand
  }
}

const TAKEN = {
  svg: () => save("svg", new Blob([asSvg(pictureOf())], { type: "image/svg+xml" })),
  png: () => onCanvas(pictureOf()).toBlob((blob) => save("png", blob), "image/png"),
  csv: () => save("csv", new Blob([asCsv()], { type: "text/csv" })),
  command: copyCommand,
};

function listenToTake() {
  found("take").querySelector("[data-take=command]").hidden = page.sources[0].command === null;
  found("take").addEventListener("click", ({ target }) => TAKEN[target.closest("button")?.dataset.take]?.());
}
