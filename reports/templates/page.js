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
  if (wanted === "disagree") return own.some((one) => one !== "unknown" && outcomes.some((other) => other !== "unknown" && other !== one));
  return wanted === "" || own.includes(wanted);
}

function filter() {
  const { text, run, outcome, tag } = Object.fromEntries(new FormData(form));
  const words = text.toLowerCase().split(/\s+/);
  for (const { dataset, ...rest } of cards.map((card) => ({ card, dataset: card.dataset }))) {
    rest.card.hidden = !(
      words.every((word) => dataset.text.includes(word)) &&
      (tag === "" || dataset.tags.split(" ").includes(tag)) &&
      fits(dataset.outcomes.split(" "), outcome, run)
    );
  }
  only.textContent = run === "" ? "" : `[data-run]:not([data-run="${Number(run)}"]) { display: none !important; }`;
  document.body.classList.toggle("bare", !form.elements.over.checked);
  const count = shown().length;
  form.querySelector("output").textContent = `${count} of ${cards.length} prompts`;
  document.querySelector(".none").hidden = count > 0;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

function step(by) {
  const visible = shown();
  const line = form.getBoundingClientRect().bottom + 2;
  const past = visible.findIndex((card) => card.getBoundingClientRect().bottom > line + 40);
  const current = visible.indexOf(document.activeElement.closest(".card")) ;
  const from = current >= 0 ? current : past < 0 ? visible.length : by > 0 ? past - 1 : past;
  const card = visible[Math.min(Math.max(from + by, 0), visible.length - 1)];
  if (!card) return;
  fill(card);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
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
