// The line above the views, the same said to screen readers once a pointer or a key has come to rest, and keys that scroll.

const REST = 400; // ms; a word a pointer passes on its way is not said

let resting = 0;

// The first of the elements is the line itself; what follows it is for the eye.
function tell(...elements) {
  found("readout").replaceChildren(...elements);
  clearTimeout(resting);
  resting = setTimeout(() => speak(elements[0]), REST);
}

function speak(line) {
  const said = found("status");
  if (said.textContent !== line.textContent) said.replaceChildren(...line.cloneNode(true).childNodes);
}

// What is longer than its place is scrolled by keys too.
function reachable(place) {
  if (place.scrollHeight > place.clientHeight + 1) place.tabIndex = 0;
  else place.removeAttribute("tabindex");
}
