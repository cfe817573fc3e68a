// Live: the page looks again when a plan changes. Rows change where they are; new ones announce themselves and wait.
(() => {
  "use strict";
  if (!("EventSource" in window)) return;
  const EVERY = 60000;
  const WAIT = 400;
  const news = document.getElementById("news");
  const plan = document.querySelector("[data-plan]")?.dataset.plan;
  const lists = document.querySelector("#looked, [data-row]");
  if (!news || (!plan && !lists)) return;
  let waiting = 0;

  const offer = (words) => {
    news.hidden = false;
    news.textContent = words;
    const show = document.createElement("button");
    show.type = "button";
    show.textContent = "Show";
    show.addEventListener("click", () => location.reload());
    news.append(show);
  };

  const byId = (root) =>
    new Map([...root.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));

  const compare = (fresh) => {
    const shown = byId(document);
    const found = byId(fresh);
    for (const [id, row] of shown) {
      const now = found.get(id);
      row.classList.toggle("gone", !now);
      if (now && !row.contains(document.activeElement) && row.innerHTML !== now.innerHTML) {
        row.innerHTML = now.innerHTML;
      }
    }
    const added = [...found.keys()].filter((id) => !shown.has(id)).length;
    if (added) offer(`${added} new. `);
    for (const name of ["looked"]) {
      const now = fresh.getElementById(name);
      if (now) document.getElementById(name)?.replaceWith(now);
    }
    const time = fresh.querySelector(".site-time");
    if (time) document.querySelector(".site-time")?.replaceWith(time);
  };

  const look = async () => {
    waiting = 0;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (!answer.ok) throw new Error(String(answer.status));
      document.body.classList.remove("stale");
      compare(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      document.body.classList.add("stale");
    }
  };
  const soon = () => {
    waiting = waiting || setTimeout(look, WAIT);
  };

  const source = new EventSource("/live");
  let opened = 0;
  source.addEventListener("open", () => {
    document.body.classList.remove("stale");
    opened += 1;
    if (opened > 1 && !plan) soon();
  });
  source.addEventListener("plan", (event) => {
    if (!plan) soon();
    else if (event.data === plan) offer("This plan has just changed. ");
  });
  if (!plan) setInterval(soon, EVERY);
  addEventListener("pagehide", () => source.close());
})();
