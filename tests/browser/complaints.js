// What complaints.py asks of a page, beside axe. It is in each page's own world.
window.complaints = (() => {
  const OF_COLOURS = ["color-contrast", "link-in-text-block"];
  // What is painted behind a text, unless it is this; and with what the text itself is painted.
  const GROUND = {
    backgroundColor: "rgba(0, 0, 0, 0)",
    backgroundImage: "none",
    opacity: "1",
    position: "static",
  };
  const PAINT = ["color", "textShadow", "textDecorationLine"];
  const TARGETS = ":is(button, summary, select, nav a, .button, .tick):not(.unseen, [aria-hidden])";

  const broken = (violations) => violations.map(({ id, nodes }) => [id, nodes[0].html]);

  // Everything of the page to be seen at once; the language that it is in.
  function openUp() {
    for (const one of document.querySelectorAll("details")) one.open = true;
    return document.documentElement.lang;
  }

  // The rules that the page breaks, but those of colours, each with the first place.
  async function rules() {
    const rules = Object.fromEntries(OF_COLOURS.map((id) => [id, { enabled: false }]));
    const { violations } = await axe.run({ resultTypes: ["violations"], rules });
    return broken(violations);
  }

  // WCAG 2.2, 2.5.8: what is pressed with a finger and smaller than that.
  function tooSmall() {
    const targets = [...document.querySelectorAll(TARGETS)].filter((one) => {
      const { width, height } = one.getBoundingClientRect();
      return one.checkVisibility() && width && (width < 24 || height < 24);
    });
    return targets.map((one) => ["target too small", one.outerHTML.slice(0, 200)]);
  }

  function isText(one) {
    const { width, height } = one.getBoundingClientRect();
    if (width < 2 || height < 2 || one.matches(":disabled")) return false;
    if (one.matches("input, select, textarea")) return true;
    // Of a single character axe cannot tell.
    const texts = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    return texts.some((node) => node.data.trim().length > 1);
  }

  // Large texts need less contrast.
  const isLarge = ({ fontSize, fontWeight }) =>
    parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);

  // The block in which the link stands amid text, from which it has to be told apart.
  function textAround(link) {
    let block = link.parentElement;
    while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    return block.innerText.trim() === link.innerText.trim() ? null : block;
  }

  // Each text with all that its contrast hangs on, in both themes.
  function looks() {
    const shown = [...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility());
    const found = new Map(shown.filter(isText).map((one) => [one, ""]));
    const links = [...found.keys()].filter((one) => one.localName === "a");
    const around = new Map(links.map((link) => [link, textAround(link)]));
    for (const theme of ["dark", "light"]) {
      document.documentElement.dataset.theme = theme;
      const grounds = new Map();
      for (const one of [document.body, ...shown]) {
        const style = getComputedStyle(one);
        const own = Object.keys(GROUND).filter((name) => style[name] !== GROUND[name]);
        const ground = [grounds.get(one.parentElement), ...own.map((name) => style[name])];
        grounds.set(one, ground.join(" "));
        const paint = [isLarge(style), ...PAINT.map((name) => style[name])];
        const block = around.get(one);
        if (block) paint.push("amid", getComputedStyle(block).color);
        if (found.has(one)) found.set(one, [found.get(one), ...ground, ...paint].join("|"));
      }
    }
    return found;
  }

  // The rules of colours that texts break whose look is none of `judged`, and the looks of which
  // axe could tell that they break none. The page stays in a theme of this function's choice.
  async function colours(judged) {
    const unjudged = new Map([...looks()].filter(([, look]) => !judged.includes(look)));
    const found = [];
    let passed = new Set(unjudged.values());
    for (const theme of unjudged.size ? ["light", "dark"] : []) {
      document.documentElement.dataset.theme = theme;
      const { violations, passes } = await axe.run(
        { include: [...unjudged.keys()] },
        { resultTypes: ["violations", "passes"], runOnly: OF_COLOURS, elementRef: true },
      );
      found.push(...broken(violations));
      const told = passes.filter(({ id }) => id === "color-contrast").flatMap(({ nodes }) => nodes);
      const own = new Set(told.map(({ element }) => unjudged.get(element)));
      passed = new Set([...passed].filter((look) => own.has(look)));
    }
    return [found, [...passed]];
  }

  return { openUp, rules, tooSmall, colours };
})();
