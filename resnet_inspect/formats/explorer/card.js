// The card on the right: what is known of the place that is chosen, or what it teaches.

import { cards } from "./data.js";
import { button, element } from "./dom.js";
import { pictureOf } from "./shapes.js";
import { change, choose, listen, state } from "./state.js";

export function makeCard(page, pane) {
  const tabs = element("div", { role: "tablist", "aria-label": "card or lesson" });
  const body = element("div", {
    class: "cards",
    role: "tabpanel",
    tabindex: 0,
    "aria-label": "card",
  });
  pane.append(tabs, body);

  async function update() {
    tabs.replaceChildren(tab("card", false), tab("lesson", true));
    const texts = await cards();
    const made = state.chosen.map((place, which) =>
      place < 0 ? null : card(texts[which], which, place),
    );
    const whole = page.comparison && state.chosen.every((place) => place === 0);
    body.replaceChildren(...(whole ? [differences()] : []), ...made.filter(Boolean));
    body.scrollTop = 0;
    body.setAttribute("aria-label", state.lesson ? "lesson" : "card");
  }

  // What differs between two networks, in words.
  function differences() {
    const said = page.comparison.summary.map((sentence) => element("p", {}, sentence));
    return element(
      "article",
      {},
      element("h2", {}, "what differs"),
      element("section", {}, ...said),
    );
  }

  function tab(label, lesson) {
    const selected = state.lesson === lesson;
    return button(label, () => change({ lesson }), {
      role: "tab",
      "aria-selected": selected,
      tabindex: selected ? 0 : -1,
    });
  }

  function card(texts, which, place) {
    const network = page.networks[which];
    const { name, like } = network.places[place];
    const several = page.networks.length > 1;
    const [title, subtitle, sections] = texts.cards[place];
    const made = element("article", {}, element("h2", {}, title || name));
    if (several) made.prepend(element("p", { class: "of" }, network.model));
    if (subtitle) made.append(element("p", {}, subtitle));
    if (!state.lesson) {
      made.append(...sections.map((section) => sectionOf(section, which)));
      if (place === 0 && network.plot) {
        made.append(element("div", { class: "plot", tabindex: 0 }, pictureOf(network.plot)));
      }
      return made;
    }
    if (like !== place) {
      const first = network.places[like].name;
      const link = button(first, () => choose(page, which, like), { class: "link" });
      made.append(
        element(
          "p",
          { class: "like" },
          "In a block that is identical to the one of ",
          link,
          ", of which this is said:",
        ),
      );
    }
    made.append(...texts.lessons[like].map(lessonOf));
    return made;
  }

  function sectionOf([heading, entries, drawing], which) {
    const list = element("dl");
    for (const [label, text, target] of entries) {
      const said =
        target >= 0 ? button(text, () => choose(page, which, target), { class: "link" }) : text;
      list.append(element("div", {}, element("dt", {}, label), element("dd", {}, said)));
    }
    return sectionWith(heading, entries.length ? [list] : [], drawing);
  }

  function lessonOf([heading, sentences, drawing, readings]) {
    const said = sentences.map((sentence) => element("p", {}, sentence));
    const links = readings.map(([title, url]) =>
      element(
        "p",
        { class: "reading" },
        element("a", { href: url, rel: "noreferrer", target: "_blank" }, title),
      ),
    );
    return sectionWith(heading, [...said, ...links], drawing);
  }

  function sectionWith(heading, content, drawing) {
    const made = element("section", {});
    if (heading) made.append(element("h3", {}, heading));
    if (drawing.length) {
      const picture = element(
        "pre",
        { role: "img", tabindex: 0, "aria-label": `drawing: ${heading}` },
        drawing.join("\n"),
      );
      made.append(picture);
    }
    made.append(...content);
    return made;
  }

  listen(["chosen", "lesson"], update);
  update();
  return { body };
}
