// Keeps the page live: fetches itself, adds what is new, renews what has changed, touches nothing else.
(() => {
  "use strict";
  const PAUSE = 1000;
  const texts = document.querySelector(".texts");

  const atEnd = () => texts.scrollHeight - texts.scrollTop - texts.clientHeight < 80;
  const toEnd = () => { texts.scrollTop = texts.scrollHeight; };

  function renew(region, fresh) {
    const known = new Map([...region.children].map((item) => [item.dataset.key, item]));
    let after = null;
    for (const item of [...fresh.children]) {
      const old = known.get(item.dataset.key);
      known.delete(item.dataset.key);
      let here = old;
      if (!old || old.outerHTML !== item.outerHTML) {
        here = document.importNode(item, true);
        if (old) old.replaceWith(here);
      }
      const place = after ? after.nextSibling : region.firstChild;
      if (place !== here) region.insertBefore(here, place);
      after = here;
    }
    known.forEach((gone) => gone.remove());
  }

  async function refresh() {
    if (document.hidden) return;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const follow = texts && atEnd();
    for (const region of document.querySelectorAll("[data-live]")) {
      const fresh = page.querySelector(`[data-live="${region.dataset.live}"]`);
      if (fresh && fresh.innerHTML !== region.innerHTML) renew(region, fresh);
    }
    if (follow) toEnd();
  }

  async function loop() {
    try { await refresh(); } catch { /* the gateway is restarting: look again */ }
    setTimeout(loop, PAUSE);
  }

  const form = document.querySelector("form.reply");
  if (form) {
    toEnd();
    const box = form.querySelector("textarea");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(form, event.submitter));
      if (!(fields.get("quick") || fields.get("body").trim())) return;
      await fetch(form.action, { method: "POST", body: fields });
      if (!fields.get("quick")) box.value = "";
      await refresh();
      toEnd();
      box.focus();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit(form.querySelector(".send"));
      }
    });
  }
  setTimeout(loop, PAUSE);
})();
