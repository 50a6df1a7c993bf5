"use strict";

/* The reference page: Swagger UI, with a filter over operations and what an operation needs. */

const SHORTEST_PHRASE = 2;
const PAUSE = 150;

/** Return all that an operation may be found by, in lower case. */
function wordsOf(path, operation) {
  const { summary = "", operationId = "", tags = [] } = operation;
  const ours = [operation["x-sdk-method"], operation["x-permission"], operation["x-commands"]];
  return [path, summary, operationId, tags, ours].flat(2).join(" ").toLowerCase();
}

/** Return whether each word of a phrase is in a text. */
function matches(text, phrase) {
  return phrase.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Leave only the operations that a phrase finds; Swagger UI's own filter knows paths and tags. */
function opsFilter(tagged, phrase) {
  const found = (item) => matches(wordsOf(item.get("path"), item.get("operation").toJS()), phrase);
  return tagged
    .map((group) => group.set("operations", group.get("operations").filter(found)))
    .filter((group) => group.get("operations").size > 0);
}

/** Return what is said of an operation above its parameters: pairs of a word and a value. */
function factsOf(operation) {
  const kept = operation["x-idempotency"];
  return [
    ["Permission", operation["x-permission"] ?? (operation.security?.length === 0 ? "none" : null)],
    ["Method in SDKs", operation["x-sdk-method"]],
    ["Commands of SPE", (operation["x-commands"] ?? []).join(", ")],
    ["Idempotency-Key", kept && `counts for ${kept.keptHours} hours`],
  ].filter(([, value]) => value);
}

/** Stand for a part of Swagger UI that this page has its own of: a filter, a form to sign in. */
const nothing = () => null;

function plugin({ React }) {
  const { createElement } = React;
  const withFacts = (Parameters) => (props) => {
    const rows = factsOf(props.operation.toJS()).map(([word, value]) =>
      createElement("div", { key: word }, createElement("dt", null, word), createElement("dd", null, value)));
    const facts = createElement("dl", { className: "facts" }, rows);
    return createElement(React.Fragment, null, facts, createElement(Parameters, props));
  };
  return {
    fn: { opsFilter },
    components: { FilterContainer: nothing, authorizeBtn: nothing, authorizeOperationBtn: nothing },
    wrapComponents: { parameters: withFacts },
    statePlugins: {
      layout: { wrapSelectors: { isShown: openWhileFiltering } },
      spec: { wrapActions: { updateJsonSpec: (original) => (spec) => original(withoutEmptyTags(spec)) } },
    },
  };
}

/** Show the operations of a tag while a phrase is looked for, unless the reader closed it. */
function openWhileFiltering(original, system) {
  return (_state, thing, unless) => {
    const isTag = thing?.[0] === "operations-tag";
    const looking = isTag && system.layoutSelectors.currentFilter();
    return original(thing, looking ? true : unless);
  };
}

/** Return what each operation of some paths may be found by. */
function textsOf(paths = {}) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.values(item).filter((each) => each.operationId).map((each) => wordsOf(path, each)));
}

/** Have what is typed looked for, and say how much is found.

   Swagger UI shows webhooks whatever is looked for, and describes the API above all that is found:
   the style of the page hides both. */
function followFilter(ui) {
  const { paths, webhooks } = ui.specSelectors.specJson().toJS();
  const sent = textsOf(webhooks);
  const texts = [...textsOf(paths), ...sent];
  const input = document.getElementById("filter");
  const output = document.getElementById("found");
  const look = () => {
    const phrase = input.value.trim();
    const isLooking = phrase.length >= SHORTEST_PHRASE;
    const isFound = (text) => !isLooking || matches(text, phrase);
    const number = texts.filter(isFound).length;
    document.body.classList.toggle("looking", isLooking);
    document.body.classList.toggle("without-webhooks", !sent.some(isFound));
    ui.layoutActions.updateFilter(isLooking ? phrase : false);
    output.value = isLooking ? `${number} of ${texts.length}` : `${number} operations`;
  };
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  look();
}

/** Leave out tags that have no operations: what is sent to webhooks has a section of its own. */
function withoutEmptyTags(spec) {
  const used = new Set(Object.values(spec.paths ?? {}).flatMap((item) =>
    Object.values(item).flatMap((operation) => operation.tags ?? [])));
  return { ...spec, tags: (spec.tags ?? []).filter((tag) => used.has(tag.name)) };
}

/** Bring the operation that the address names into view, as soon as it is there. */
function showLinked() {
  const [, tag, operation] = decodeURIComponent(location.hash).split("/");
  const named = () => document.getElementById(`operations-${tag}-${operation}`);
  const show = () => {
    named()?.scrollIntoView();
    return named() !== null;
  };
  if (operation && !show()) {
    const watcher = new MutationObserver(() => show() && watcher.disconnect());
    watcher.observe(document.getElementById("reference"), { childList: true, subtree: true });
  }
}

const ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  plugins: [plugin],
  requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
  supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
  validatorUrl: null,
  onComplete: () => {
    followFilter(ui);
    showLinked();
  },
});
followSignIn(ui);
