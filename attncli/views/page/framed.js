// A page inside another one, as in a notebook, has less room: framed.css has its layout. It may have run before the
// frame had a size, and has one later without an event of its own, as in a tab that is opened.

const framed = window.parent !== window;
document.documentElement.classList.toggle("framed", framed);

function followSize() {
  let width = 0;
  new ResizeObserver(() => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    window.dispatchEvent(new Event("resize"));
  }).observe(document.documentElement);
}

if (framed) followSize();
