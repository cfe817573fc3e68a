// Keys: / searches, j and k walk the rows, Enter opens, a e r decide, ? tells. None of it is needed.
(() => {
  "use strict";
  const OFF = "limber-keys-off";
  const rows = () => [...document.querySelectorAll("[data-row]:not(.gone)")];
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");

  const walk = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const press = (key) => {
    const target = document.querySelector(`[data-key="${key}"]`);
    if (!target) return;
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.querySelector("select, input")?.focus();
    } else {
      target.focus();
      target.click();
    }
  };

  const tell = () => {
    const news = document.getElementById("news");
    if (!news) return;
    const off = localStorage.getItem(OFF) === "yes";
    news.hidden = false;
    news.textContent = off
      ? "Keys are off. "
      : "Keys: / search, j and k move, Enter opens; on a decision a approves, e edits, r rejects. ";
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.textContent = off ? "Switch keys on" : "Switch keys off";
    toggle.addEventListener("click", () => {
      localStorage.setItem(OFF, off ? "no" : "yes");
      news.hidden = true;
    });
    news.append(toggle);
  };

  const acts = {
    "/": () => document.getElementById("search")?.focus(),
    j: () => walk(1),
    k: () => walk(-1),
    Enter: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-open]")?.click(),
    a: () => press("a"),
    e: () => press("e"),
    r: () => press("r"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?") return tell();
    if (localStorage.getItem(OFF) === "yes" || !(event.key in acts)) return;
    if (event.key === "Enter" && !event.target.matches("[data-row]")) return;
    event.preventDefault();
    acts[event.key]();
  });

  // What was just said is said once: a reload does not repeat it.
  const here = new URL(location.href);
  if (here.searchParams.delete("said"), here.href !== location.href) history.replaceState(null, "", here);
})();
