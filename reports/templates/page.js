"use strict";
// Cards are filled in as they come near the window; pictures come from one list, each stored once.
const album = JSON.parse(document.getElementById("album").textContent);
const cards = [...document.querySelectorAll(".card")];
const form = document.querySelector(".filters");
const only = document.getElementById("only");
const shown = () => cards.filter((card) => !card.hidden);

function fill(card) {
  const template = card.querySelector("template");
  if (!template) return;
  template.replaceWith(template.content);
  for (const image of card.querySelectorAll("img[data-picture]")) image.src = album[image.dataset.picture];
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    fill(target);
    near.unobserve(target);
  }
}, { rootMargin: "1200px" });
cards.forEach((card) => near.observe(card));

function fits(outcomes, wanted, run) {
  const own = run === "" ? outcomes : [outcomes[run]];
  if (wanted === "right") return own.every((outcome) => outcome === "right");
  if (wanted === "disagree") {
    return outcomes.includes("right") && outcomes.includes("wrong") && own.some((outcome) => outcome !== "unknown");
  }
  return wanted === "" || own.includes(wanted);
}

function filter() {
  const { text, run, outcome, tag } = Object.fromEntries(new FormData(form));
  const words = text.toLowerCase().split(/\s+/);
  for (const card of cards) {
    const { text, tags, outcomes } = card.dataset;
    card.hidden =
      !words.every((word) => text.includes(word)) ||
      !(tag === "" || tags.split(" ").includes(tag)) ||
      !fits(outcomes.split(" "), outcome, run);
  }
  only.textContent = run === "" ? "" : `[data-run]:not([data-run="${run}"]) { display: none !important; }`;
  document.body.classList.toggle("bare", !form.elements.over.checked);
  const count = shown().length;
  form.querySelector("output").textContent = `${count} of ${cards.length} prompts`;
  document.querySelector(".none").hidden = count > 0;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

// From the card in focus or, where none is, from the first one that is not scrolled past.
function step(by) {
  const visible = shown();
  const focused = visible.indexOf(document.activeElement.closest(".card"));
  const top = visible.findIndex((card) => card.getBoundingClientRect().bottom > form.offsetHeight);
  const next = focused >= 0 ? focused + by : top < 0 ? visible.length - 1 : by > 0 ? top : top - 1;
  const card = visible[Math.min(Math.max(next, 0), visible.length - 1)];
  if (!card) return;
  fill(card);
  card.focus({ preventScroll: true });
  card.scrollIntoView();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, .scroll")) return;
  if (event.key === "ArrowRight") step(1);
  else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "/") form.elements.text.focus();
  else if (event.key === "o") form.elements.over.click();
  else return;
  event.preventDefault();
});

// Pointing at a requirement singles out its relation in the pictures of the card.
for (const [kind, lit] of [["mouseover", true], ["mouseout", false]]) {
  document.addEventListener(kind, (event) => {
    const row = event.target.closest(".verdicts tr[data-r]");
    for (const link of row ? row.closest(".card").querySelectorAll(".link") : []) {
      link.classList.toggle("dim", lit && link.dataset.r !== row.dataset.r);
    }
  });
}
