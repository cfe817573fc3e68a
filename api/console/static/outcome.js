// An outcome is kept on this device while it is typed, and forgotten once it is sent. Sliders and numbers agree.
(() => {
  "use strict";
  const form = document.querySelector("[data-draft]");
  if (!form) return;
  const name = form.dataset.draft;
  const fields = () => [...form.elements].filter((field) => field.name && field.name !== "key");

  for (const slider of form.querySelectorAll(".slider")) {
    const number = document.getElementById(slider.dataset.for);
    slider.hidden = false;
    slider.addEventListener("input", () => {
      number.value = slider.value;
    });
    number.addEventListener("input", () => {
      if (number.value !== "") slider.value = number.value;
    });
  }

  const kept = JSON.parse(sessionStorage.getItem(name) || "null");
  if (kept && !document.getElementById("refused")) {
    for (const field of fields()) {
      const values = kept[field.name];
      if (!values) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
      else field.value = values[0] ?? "";
    }
  }
  form.addEventListener("input", () => {
    const data = {};
    for (const [key, value] of new FormData(form)) if (key !== "key") (data[key] ??= []).push(value);
    sessionStorage.setItem(name, JSON.stringify(data));
  });
  form.addEventListener("submit", () => sessionStorage.removeItem(name));
})();
