"use strict";
// Search and filters. Without scripts, as in some mail programs, the page shows all items.
(() => {
  const bar = document.querySelector(".bar");
  const search = document.getElementById("search");
  const category = document.getElementById("category");
  const decision = document.getElementById("decision");
  const count = document.getElementById("count");
  const sections = [...document.querySelectorAll("section")].map((element) => ({
    element,
    cards: [...element.querySelectorAll("article")].map((card) => ({ element: card, text: "" })),
  }));
  const total = sections.reduce((sum, section) => sum + section.cards.length, 0);

  /** @param {number} number */
  const format = (number) => number.toLocaleString("en");
  const all = `${format(total)} ${total === 1 ? "item" : "items"}`;

  /** @param {string} text */
  const fold = (text) => text.normalize("NFKC").toLocaleLowerCase();

  const filter = () => {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, cards } of sections) {
      let shownHere = 0;
      const isChosen = category.value === "" || element.id === category.value;
      for (const card of cards) {
        const isDecided = decision.value === "" || card.element.dataset.state === decision.value;
        let isShown = isChosen && isDecided;
        if (isShown && words.length > 0) {
          card.text ||= fold(card.element.textContent ?? "");
          isShown = words.every((word) => card.text.includes(word));
        }
        card.element.hidden = !isShown;
        if (isShown) shownHere += 1;
      }
      element.hidden = shownHere === 0;
      shown += shownHere;
    }
    count.textContent = shown === 0 ? "No item matches" : shown === total ? all : `${format(shown)} of ${all}`;
  };

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 120);
  });
  category.addEventListener("change", filter);
  decision.addEventListener("change", filter);
  bar.hidden = false;
  filter();
})();
