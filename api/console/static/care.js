// On a narrow screen the line of care shows the present first; what was before and what is ahead is a swipe away.
(() => {
  "use strict";
  const now = document.querySelector(".line-of-care .now");
  const strip = now?.closest(".scroll");
  if (!strip) return;
  strip.scrollLeft += now.getBoundingClientRect().left - strip.getBoundingClientRect().left - strip.clientWidth / 2;
})();
