// An outcome is kept on this device while it is typed, and forgotten once it is sent. A score takes one tap; the number field says the same.
(() => {
  "use strict";
  const form = document.querySelector("[data-draft]");
  if (!form) return;
  const name = form.dataset.draft;
  const fields = () => [...form.elements].filter((field) => field.name && field.name !== "key");

  const shown = [];
  for (const points of form.querySelectorAll(".points")) {
    const number = document.getElementById(points.dataset.for);
    const buttons = [...points.querySelectorAll("button")];
    const show = () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.value === number.value));
    };
    points.hidden = false;
    points.addEventListener("click", (event) => {
      const one = event.target.closest("button");
      if (!one) return;
      number.value = one.value === number.value ? "" : one.value;
      number.dispatchEvent(new Event("input", { bubbles: true }));
    });
    number.addEventListener("input", show);
    shown.push(show);
  }

  // What was not asked is said, never left: each question has an answer, or that it was not asked. Only a visit has any.
  const pain = form.querySelector('input[name="pain"]');
  const notAsked = form.querySelector(".day-question.pain .left-open input");
  const needed = () => {
    const attended = form.querySelector('input[name="outcome"][value="attended"]').checked;
    form.noValidate = !attended;
    for (const one of form.querySelectorAll('.day-question input[type="radio"]')) one.required = attended;
    if (notAsked) pain.required = attended && !notAsked.checked;
  };
  form.addEventListener("input", (event) => {
    if (notAsked && event.target === pain && pain.value) notAsked.checked = false;
    if (notAsked && event.target === notAsked && notAsked.checked) pain.value = "";
    for (const show of shown) show();
  });
  form.addEventListener("input", needed);

  const kept = JSON.parse(sessionStorage.getItem(name) || "null");
  if (kept && !document.getElementById("refused")) {
    for (const field of fields()) {
      const values = kept[field.name];
      if (!values) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else field.value = values[0] ?? "";
    }
  }
  for (const show of [...shown, needed]) show();
  form.addEventListener("input", () => {
    const data = {};
    for (const [key, value] of new FormData(form)) if (key !== "key") (data[key] ??= []).push(value);
    sessionStorage.setItem(name, JSON.stringify(data));
  });
  form.addEventListener("submit", () => sessionStorage.removeItem(name));
})();
