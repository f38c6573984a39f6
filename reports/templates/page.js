"use strict";
// Cards are filled in as they come near the window; pictures come from one list, each stored once.
const album = JSON.parse(document.getElementById("album").textContent);
const cards = [...document.querySelectorAll(".card")];
const form = document.querySelector(".filters");
const only = document.getElementById("only");
const shown = () => cards.filter((card) => !card.hidden);

// In a site the bodies of cards lie in files, each of which hands over those of a few cards.
const bodies = {};
const files = new Map();
window.rlrigCards = (part) => Object.assign(bodies, part);

function load(chunk) {
  if (!files.has(chunk)) {
    files.set(chunk, new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `cards/${chunk}.js`;
      script.addEventListener("load", done);
      script.addEventListener("error", failed);
      document.head.append(script);
    }));
  }
  return files.get(chunk);
}

async function fill(card) {
  if (card.dataset.full) return;
  let template = card.querySelector("template");
  if (!template) {
    await load(card.dataset.chunk);
    if (card.dataset.full) return;
    template = document.createElement("template");
    template.innerHTML = bodies[card.id];  // escaped where it was made
    delete bodies[card.id];
    card.append(template);
  }
  card.dataset.full = "1";
  template.replaceWith(template.content);
  for (const image of card.querySelectorAll("img[data-picture]")) {
    image.loading = "lazy";
    image.src = album[image.dataset.picture];
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    fill(target);
    near.unobserve(target);
  }
}, { rootMargin: "1200px" });
cards.forEach((card) => near.observe(card));

function fits(outcomes, disputed, wanted, run) {
  if (wanted === "judge") return run === "" ? disputed.includes("1") : disputed[run] === "1";
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
    const { text, tags, outcomes, disputed } = card.dataset;
    card.hidden =
      !words.every((word) => text.includes(word)) ||
      !(tag === "" || JSON.parse(tags).includes(tag)) ||
      !fits(outcomes.split(" "), (disputed ?? "").split(" "), outcome, run);
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

// The card in focus or, where none is, the first one that is not scrolled past.
function current() {
  const focused = document.activeElement.closest(".card");
  return focused ?? shown().find((card) => card.getBoundingClientRect().bottom > form.offsetHeight) ?? shown()[0];
}

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

// Two models on one prompt, under a slider.
const ab = document.querySelector(".ab");
let walk = [], place = 0;

function sides() {
  return ["left", "right"].map((side) => ({ side, run: ab.querySelector(`select[name=${side}]`).value }));
}

function pictureOf(side) {
  const pair = ab.querySelector(".pair");
  if (!pair.firstChild) {
    for (const one of ["right", "left"]) {  // the left one lies on top, and is cut
      pair.append(Object.assign(new Image(), { className: `${one}-side` }));
    }
  }
  return pair.querySelector(`.${side}-side`);
}

async function showPair() {
  const card = walk[place];
  await fill(card);
  ab.querySelector("h2").textContent = card.querySelector("h2").textContent;
  for (const { side, run } of sides()) {
    const shot = card.querySelector(`figure.shot[data-run="${run}"]`);
    const from = shot?.querySelector("img.large");
    const picture = pictureOf(side);
    if (from) picture.src = from.src; else picture.removeAttribute("src");
    picture.alt = from ? from.alt : "no picture";
    picture.classList.toggle("pixels", Boolean(from?.classList.contains("pixels")));
    const parts = [...(shot?.querySelector("figcaption").childNodes ?? [])].map((node) => node.textContent.trim());
    ab.querySelector(`.said.${side}-side`).textContent = `${side}: ${parts.filter(Boolean).join(" ") || "not drawn"}`;
  }
}

function compare(card) {
  if (!card) return;
  const [left, right] = sides().map(({ run }) => run);
  const differ = (one) => { const all = one.dataset.outcomes.split(" "); return all[left] !== all[right]; };
  walk = [...shown().filter(differ), ...shown().filter((one) => !differ(one))];
  place = walk.indexOf(card);
  if (!ab.open) ab.showModal();
  showPair();
}

if (ab) {
  document.querySelector(".open-ab").addEventListener("click", () => compare(current()));
  ab.querySelector("input[type=range]").addEventListener("input", (event) => {
    ab.querySelector(".pair").style.setProperty("--cut", `${event.target.value}%`);
  });
  for (const select of ab.querySelectorAll("select")) select.addEventListener("change", () => compare(walk[place]));
  for (const button of ab.querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => {
      place = (place + Number(button.dataset.by) + walk.length) % walk.length;
      showPair();
    });
  }
}

const root = document.documentElement;
document.querySelector(".theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog, .scroll")) return;
  if (event.key === "ArrowRight") step(1);
  else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "/") form.elements.text.focus();
  else if (event.key === "o") form.elements.over.click();
  else if (event.key === "b" && ab) compare(current());
  else if (event.key === "d") document.querySelector(".theme").click();
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
