// How far the demo's time has come is looked at each second; at the end the page leads back by itself.
(() => {
  "use strict";
  const EVERY = 1000;
  const moving = () => document.querySelectorAll("[data-moves]");
  if (!moving().length) return;

  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.replace(answer.url);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-moves]");
      if (fresh.length !== moving().length) return location.reload();
      moving().forEach((one, place) => one.replaceWith(fresh[place]));
    } catch { /* the server is busy or away: it is asked again */ }
    setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
})();
