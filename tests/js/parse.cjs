// Reads {name: card} from standard input, parses and draws each card with Microsoft's renderer as a client of
// Teams would, and writes {name: [what it says against the card]} to standard output.
"use strict";

const { JSDOM } = require("jsdom");

const page = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
const browser = Object.getOwnPropertyNames(page.window).filter((name) => /^(HTML|SVG)\w*Element$/.test(name));
for (const name of ["document", "Element", "Node", "Event", "KeyboardEvent", "MouseEvent", "getComputedStyle", ...browser]) {
  Object.defineProperty(globalThis, name, { value: page.window[name], configurable: true, writable: true });
}
Object.defineProperty(globalThis, "window", { value: page.window, configurable: true, writable: true });
// jsdom has no innerText, by which the renderer writes the runs of rich text.
Object.defineProperty(page.window.HTMLElement.prototype, "innerText", {
  get() {
    return this.textContent;
  },
  set(text) {
    this.textContent = text;
  },
});

const AdaptiveCards = require("adaptivecards/dist/adaptivecards.js"); // the package entry is written for bundlers

AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  result.didProcess = true;
};

function faults(json) {
  const found = [];
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  const card = new AdaptiveCards.AdaptiveCard();
  card.parse(json, context);
  for (let number = 0; number < context.eventCount; number += 1) {
    found.push(context.getEventAt(number).message);
  }
  for (const event of card.validateProperties().validationEvents) {
    found.push(event.message);
  }
  const drawn = card.render();
  if (!drawn || !drawn.textContent.trim()) {
    found.push("nothing is drawn");
  } else if (/\{\{(DATE|TIME)\(/.test(drawn.textContent)) {
    found.push("a moment is drawn as letters");
  }
  return found;
}

let given = "";
process.stdin.on("data", (part) => {
  given += part;
});
process.stdin.on("end", () => {
  const cards = JSON.parse(given);
  process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(cards).map(([name, card]) => [name, faults(card)]))));
});
