// Comforts of the desk; every page does its work without them.
// Renews a takedown's counts, deadlines and tenants, and narrows the grounds of a decision to its outcome.
"use strict";

const SECONDS_BETWEEN_COUNTS = 3;

function renewCounts(section) {
  const note = section.querySelector("[data-progress-note]");
  const countAgain = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(section.dataset.progressAddress, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const counts = await answer.json();
      for (const place of section.querySelectorAll("[data-count]")) {
        const text = String(counts[place.dataset.count]);
        if (place.textContent !== text) place.textContent = text;
      }
      note.textContent = `Counted again every ${SECONDS_BETWEEN_COUNTS} seconds.`;
    } catch {
      // Old figures must not pass for new ones.
      note.textContent = "The counts could not be renewed. Reload the page.";
    }
  };
  setInterval(countAgain, SECONDS_BETWEEN_COUNTS * 1000);
  countAgain();
}

function renewPart(part) {
  const fetchAgain = async () => {
    // Whoever scrolls through a table with the keyboard keeps it.
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const answer = await fetch(part.dataset.partAddress, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      if (fresh.textContent !== part.textContent) part.replaceChildren(...fresh.childNodes);
    } catch {
      // The note beside the counts says that nothing is renewed any more.
    }
  };
  setInterval(fetchAgain, SECONDS_BETWEEN_COUNTS * 1000);
}

function tieGrounds(form) {
  const grounds = form.elements.grounds;
  const statement = form.elements.statement;
  const options = [...grounds.options];
  const isUntouched = () => statement.value === "" || options.some((option) => option.dataset.text === statement.value);
  const narrow = () => {
    const outcome = form.elements.outcome.value;
    for (const option of options) {
      const fits = !outcome || !option.dataset.outcomes || option.dataset.outcomes.split(" ").includes(outcome);
      option.hidden = option.disabled = !fits;
    }
    for (const group of grounds.querySelectorAll("optgroup")) {
      group.hidden = [...group.children].every((option) => option.hidden);
    }
    if (grounds.selectedOptions[0]?.disabled) grounds.value = "";
    fill();
  };
  const fill = () => {
    if (isUntouched()) statement.value = grounds.selectedOptions[0]?.dataset.text ?? "";
  };
  for (const outcome of form.elements.outcome) outcome.addEventListener("change", narrow);
  grounds.addEventListener("change", fill);
  narrow();
}

for (const section of document.querySelectorAll("[data-progress-address]")) renewCounts(section);
for (const part of document.querySelectorAll("[data-part-address]")) renewPart(part);
const decision = document.getElementById("decision-form");
if (decision) tieGrounds(decision);
