// Live: a page looks again when a plan changes. Rows change where they are. What is new comes in by itself only
// while nobody's hands are on the page; else it announces itself and waits. Without the stream the page asks by the clock.
(() => {
  "use strict";
  const SOON = 150;
  const AT_MOST_EVERY = 1000;
  const IN_STEP = 60000;
  const BY_THE_CLOCK = 10000;
  const AT_REST = 1500;

  const shown = document.getElementById("shown");
  const news = document.getElementById("news");
  const badge = document.getElementById("live");
  const plan = document.querySelector("[data-plan]")?.dataset.plan;
  if (!shown || !news || (!plan && !shown.querySelector("#looked, [data-row]"))) return;

  // -- what the reader is told ---------------------------------------------------------------------

  const time = (at) => at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  let lookedAt = new Date();

  const say = (words, label, act) => {
    const line = document.createElement("p");
    line.textContent = words;
    news.replaceChildren(line);
    if (!act) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    news.append(button);
  };

  const mark = (state, words) => {
    document.body.classList.toggle("stale", state === "stale");
    badge.hidden = state === "live";
    badge.textContent = words;
  };

  // -- whose hands are where -----------------------------------------------------------------------

  let movedAt = 0;
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => { movedAt = Date.now(); }, { passive: true });
  }
  const changed = (field) =>
    field.matches("select")
      ? [...field.options].some((one) => one.selected !== one.defaultSelected)
      : field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.value !== field.defaultValue;
  const filledIn = (part) => [...part.querySelectorAll("input, select, textarea")].some(changed);
  const handsOn = () =>
    Date.now() - movedAt < AT_REST ||
    shown.contains(document.activeElement) ||
    shown.querySelector("[data-row]:hover, details[open]") !== null ||
    filledIn(shown);

  // -- a fresh page into the shown one -------------------------------------------------------------

  const rowsOf = (root) => new Map([...root.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  const summary = (row) => {
    const words = (row.querySelector(".sentence") ?? row).innerText.replace(/\s+/g, " ").trim();
    const short = words.length > 120 ? `${words.slice(0, 120).replace(/\s+\S*$/, "")} …` : words;
    return [row.querySelector(".mark")?.innerText, short].filter(Boolean).join(": ");
  };

  const inPlace = (fresh) => {
    const now = rowsOf(fresh);
    for (const [id, row] of rowsOf(shown)) {
      const other = now.get(id);
      row.classList.toggle("gone", !other);
      const touched = row.contains(document.activeElement) || filledIn(row) || row.querySelector("details[open]");
      if (other && !touched && row.innerHTML !== other.innerHTML) row.innerHTML = other.innerHTML;
    }
    for (const id of ["looked"]) {
      const other = fresh.querySelector(`#${id}`);
      if (other) shown.querySelector(`#${id}`)?.replaceWith(other.cloneNode(true));
    }
  };

  const whole = (fresh, added) => {
    shown.replaceChildren(...fresh.cloneNode(true).childNodes);
    for (const row of shown.querySelectorAll("[data-row]")) row.classList.toggle("fresh", added.has(row.dataset.row));
  };

  const apply = (page) => {
    const fresh = page.getElementById("shown");
    if (!fresh) throw new Error("not this page");
    const clock = page.querySelector(".site-time");
    if (clock) document.querySelector(".site-time")?.replaceWith(clock);
    const before = rowsOf(shown);
    const added = new Map([...rowsOf(fresh)].filter(([id]) => !before.has(id)));
    const first = added.values().next().value;
    if (!handsOn()) {
      if (fresh.innerHTML !== shown.innerHTML) whole(fresh, added);
      if (first) say(`${added.size} new. ${summary(shown.querySelector(".fresh"))}`);
      else if (news.querySelector("button")) news.replaceChildren();
      return;
    }
    inPlace(fresh);
    if (!first) return;
    const hidden = shown.appendChild(document.createElement("div"));
    hidden.append(first.cloneNode(true));
    const words = summary(hidden.firstElementChild);
    hidden.remove();
    say(`${added.size} new. ${words}`, "Show", () => {
      whole(fresh, added);
      news.replaceChildren();
      shown.querySelector(".fresh")?.focus();
    });
  };

  // -- looking again -------------------------------------------------------------------------------

  let waiting = 0;
  let begunAt = 0;
  const look = async () => {
    waiting = 0;
    begunAt = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        mark("stale", "Signed out");
        say("Your log-in has ended. What you see is no longer kept up to date.", "Sign in", () => location.reload());
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
      lookedAt = new Date();
      if (connected()) mark("live", "");
      else mark("slow", "Looks every 10 s");
    } catch {
      mark("stale", `Out of date since ${time(lookedAt)}, trying again`);
    }
  };
  const soon = () => {
    waiting = waiting || setTimeout(look, Math.max(SOON, begunAt + AT_MOST_EVERY - Date.now()));
  };

  // -- the stream ----------------------------------------------------------------------------------

  let source = null;
  let opened = 0;
  const connected = () => source?.readyState === EventSource.OPEN;
  const movedOn = () => say("This plan has just changed.", "Show", () => location.reload());

  const follow = () => {
    if (source || !("EventSource" in window)) return;
    source = new EventSource("/live");
    source.addEventListener("open", () => {
      opened += 1;
      if (opened > 1 || badge.textContent) { if (!plan) soon(); else mark("live", ""); }
    });
    source.addEventListener("plan", (event) => {
      if (!plan) soon();
      else if (event.data === plan) movedOn();
    });
    source.addEventListener("missed", () => { if (!plan) soon(); });
  };
  const leave = () => { source?.close(); source = null; };

  // A hidden page gives its connection back: browsers have six for a site, and there may be many tabs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else { follow(); if (!plan) soon(); }
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", follow);

  setInterval(() => {
    if (document.hidden) return;
    if (source?.readyState === 2) leave(); // EventSource.CLOSED: refused, and the browser does not try again
    follow();
    const overdue = Date.now() - begunAt >= (connected() ? IN_STEP : BY_THE_CLOCK) - 500;
    if (!plan && overdue) soon();
    else if (plan && !connected()) mark("slow", "Not live");
  }, BY_THE_CLOCK);
  follow();
})();
