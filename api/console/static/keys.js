// Keys: / searches, j and k walk the rows, Enter opens, a e r decide, ? tells and switches them off. None is needed.
(() => {
  "use strict";
  const OFF = "limber-keys-off";
  const KEYS = [
    ["/", "search for a client"],
    ["j  k", "next row, row before"],
    ["Enter", "open the row"],
    ["a", "approve"],
    ["e", "edit, then approve"],
    ["r", "reject"],
    ["?", "this list"],
  ];
  const off = () => localStorage.getItem(OFF) === "yes";
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

  // What floats over the page goes when its reader does: nothing that has the focus lies hidden under it.
  const floating = () => document.querySelector("details.demo[open]");
  document.addEventListener("focusin", (event) => {
    if (!floating()?.contains(event.target)) floating()?.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    const over = event.key === "Escape" && floating();
    if (!over) return;
    over.open = false;
    over.querySelector("summary").focus();
  });

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

  const make = (name, text, ...inside) => {
    const one = document.createElement(name);
    if (text) one.textContent = text;
    one.append(...inside);
    return one;
  };

  const tell = () => {
    if (document.querySelector("dialog[open]")) return;
    const heading = make("h2", "Keys");
    heading.id = "keys-heading";
    const list = make("dl", "");
    for (const [key, what] of KEYS) list.append(make("dt", "", make("kbd", key)), make("dd", what));
    const toggle = make("button", off() ? "Switch keys on" : "Switch keys off");
    const close = make("button", "Close");
    const dialog = make("dialog", "", heading, list, make("p", "", toggle, close));
    dialog.className = "keys";
    dialog.setAttribute("aria-labelledby", heading.id);
    toggle.type = close.type = "button";
    toggle.addEventListener("click", () => {
      localStorage.setItem(OFF, off() ? "no" : "yes");
      nameTheSearchKey();
      dialog.close();
    });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  // The field says its key where there is one to press: not on a phone, and not while keys are off.
  const search = document.getElementById("search");
  const searched = search?.placeholder;
  const nameTheSearchKey = () => {
    const hasKeys = !off() && matchMedia("(min-width: 48rem) and (hover: hover)").matches;
    if (search) search.placeholder = hasKeys ? `${searched} ( / )` : searched;
  };
  nameTheSearchKey();

  const acts = {
    "/": () => search?.focus(),
    j: () => walk(1),
    k: () => walk(-1),
    Enter: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-open]")?.click(),
    a: () => press("a"),
    e: () => press("e"),
    r: () => press("r"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); tell(); return; }
    if (off() || !Object.hasOwn(acts, event.key) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && !event.target.matches("[data-row]")) return;
    event.preventDefault();
    acts[event.key]();
  });

  const help = document.getElementById("keys-help");
  if (help) {
    help.hidden = false;
    help.addEventListener("click", tell);
  }

  // What was just said is said once: a reload does not repeat it.
  const here = new URL(location.href);
  here.searchParams.delete("said");
  if (here.href !== location.href) history.replaceState(null, "", here);
})();
