/**
 * Generate the types of the contract, and a typed method for each of its operations.
 *
 *     node generate.mjs CONTRACT.json FOLDER
 *
 * writes FOLDER/contract.ts (openapi-typescript) and FOLDER/nouns.ts (ours: `x-sdk-method` says
 * which noun and which verb).
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import openapiTypescript, {
  astToString,
  NULL,
  STRING,
  tsLiteral,
  tsUnion,
} from "openapi-typescript";
import ts from "typescript";

const METHODS = ["get", "post", "put", "patch", "delete"];
const JSON_TYPE = "application/json";
const EVENTS_TYPE = "text/event-stream";

/** Header parameters that are options of a method, by their names in the contract. */
const HEADERS = {
  "Idempotency-Key": "idempotencyKey",
  "If-Match": "ifMatch",
  Prefer: "wait",
  Priority: "priority",
  Confirm: "confirm",
  "Last-Event-ID": null, // what follows a stream keeps it
};

/**
 * Type an extensible enum as open: editors know its words, and a new one is no error.
 *
 * @param {object} schema a Schema Object
 */
function open(schema) {
  const words = schema["x-extensible-enum"];
  const types = [schema.type].flat();
  if (!words || !types.includes("string")) {
    return undefined;
  }
  const rest = ts.factory.createIntersectionTypeNode([
    STRING,
    ts.factory.createTypeLiteralNode(undefined),
  ]);
  const known = [...words.map(tsLiteral), ts.factory.createParenthesizedType(rest)];
  return tsUnion(types.includes("null") ? [...known, NULL] : known);
}

async function types(document) {
  const nodes = await openapiTypescript(document, { defaultNonNullable: false, transform: open });
  return astToString(nodes);
}

/** What a method of the SDK needs to know of its operation. */
class Method {
  constructor(document, template, verb, item) {
    const spec = item[verb];
    this.document = document;
    this.spec = spec;
    this.template = template;
    this.verb = verb.toUpperCase();
    [this.noun, this.name] = spec["x-sdk-method"].split(".");
    const all = [...(item.parameters ?? []), ...(spec.parameters ?? [])].map((each) =>
      this.at(each),
    );
    this.path = all.filter((each) => each.in === "path").map((each) => each.name);
    this.query = all.filter((each) => each.in === "query");
    this.headers = all.filter((each) => each.in === "header").map((each) => each.name);
    this.body = spec.requestBody && this.at(spec.requestBody);
    this.check();
  }

  /** Resolve a reference. */
  at(node) {
    return node?.$ref
      ? node.$ref
          .slice(2)
          .split("/")
          .reduce((place, name) => place[name], this.document)
      : node;
  }

  check() {
    const clash = this.query.find((each) => this.path.includes(each.name));
    const foreign = this.headers.find((each) => !(each in HEADERS));
    if (clash || foreign) {
      throw new Error(`${this.noun}.${this.name}: what is to become of ${clash?.name ?? foreign}?`);
    }
  }

  get isRead() {
    return this.verb === "GET";
  }

  /** Whether it needs no access token: it says so itself, or the client says who it is. */
  get isOpen() {
    const ways = this.spec.security ?? this.document.security;
    return !ways.some((way) => "bearer" in way);
  }

  /** The status of the answer that people want. */
  get status() {
    return ["201", "200", "204", "202"].find((each) => each in this.spec.responses);
  }

  get schema() {
    const content = this.at(this.spec.responses[this.status]).content ?? {};
    return this.at(content[JSON_TYPE]?.schema) ?? {};
  }

  get kind() {
    if (EVENTS_TYPE in (this.at(this.spec.responses["200"])?.content ?? {})) {
      return this.query.some((each) => each.name === "after") ? "events" : "stream";
    }
    if (this.isRead && this.name !== "get" && this.schema.properties?.items) {
      return "list";
    }
    return !this.isRead && "202" in this.spec.responses && this.status !== "202" ? "begin" : "call";
  }

  /** One line of the table that the methods are made of. */
  get route() {
    const form = this.body && !(JSON_TYPE in this.body.content);
    const members = {
      kind: this.kind,
      method: this.verb,
      path: this.template,
      names: this.path,
      takes: [...this.firstOf(), ...(this.body ? ["body"] : [])],
      ...(form && { form }),
      ...(this.isOpen && { open: true }),
      ...(this.status === "202" && { state: true }),
    };
    return `${this.name}: ${JSON.stringify(members)},`;
  }

  firstOf() {
    return this.path.length || (this.isRead && this.query.length) ? ["params"] : [];
  }

  /** What may be rehearsed has a signature for that, which tells what is answered then. */
  get signatures() {
    const id = JSON.stringify(this.spec.operationId);
    const [taken, options] = [[...this.#taken(id)], this.#options(id)];
    const signature = (all, answer) => `${this.name}(${all.join(", ")}): ${answer};`;
    const usual = signature([...taken, `options?: ${options}`], this.#answer(id));
    if (!this.query.some((each) => each.name === "validateOnly")) {
      return [usual];
    }
    const told = this.status === "201" && "200" in this.spec.responses ? 200 : 204;
    const asked = [...taken, `options: ${options} & { validateOnly: true }`];
    return [signature(asked.map(required), `Promise<Result<${id}, ${told}>>`), usual];
  }

  *#taken(id) {
    const query = this.isRead && this.query.length ? [`Query<${id}>`] : [];
    const named = [...(this.path.length ? [`Path<${id}>`] : []), ...query];
    if (named.length) {
      const needed = this.path.length || this.query.some((each) => each.required);
      yield `params${needed ? "" : "?"}: ${named.join(" & ")}`;
    }
    if (this.body) {
      yield `body${this.body.required ? "" : "?"}: Body<${id}>`;
    }
  }

  #options(id) {
    const own = this.headers.map((each) => HEADERS[each]).filter(Boolean);
    const picked = own.length
      ? [`Pick<HeaderOptions, ${own.map((each) => `"${each}"`).join(" | ")}>`]
      : [];
    const query = !this.isRead && this.query.length ? [`Query<${id}>`] : [];
    return ["CallOptions", ...picked, ...query].join(" & ");
  }

  #answer(id) {
    const result = `Result<${id}, ${this.status}>`;
    return {
      list: `Pages<Item<${result}>, ${result}>`,
      begin: `Begun<${result}>`,
      call: `Promise<${result}>`,
      events: `AsyncIterable<CloudEvent>`,
      stream: `AsyncIterable<ServerSentEvent>`,
    }[this.kind];
  }

  get comment() {
    const right = this.spec["x-permission"] ? ` Needs \`${this.spec["x-permission"]}\`.` : "";
    const summary = this.spec.summary.replaceAll("*/", "* /");
    return `/** ${summary} \`${this.verb} ${this.template}\`.${right} */`;
  }
}

/** Nothing optional comes before what is needed; `undefined` stands for it. */
const required = (argument) =>
  argument.replace(/^(\w+)\?: (.*)$/s, (_, name, type) => `${name}: ${type} | undefined`);

function methods(document) {
  const found = Object.entries(document.paths).flatMap(([template, item]) =>
    METHODS.filter((verb) => item[verb]).map((verb) => new Method(document, template, verb, item)),
  );
  return Map.groupBy?.(found, (each) => each.noun) ?? grouped(found);
}

/** `Map.groupBy` is there from Node 21 on. */
function grouped(found) {
  const groups = new Map();
  found.forEach((each) => groups.set(each.noun, [...(groups.get(each.noun) ?? []), each]));
  return groups;
}

const title = (noun) => noun[0].toUpperCase() + noun.slice(1);

function nouns(document) {
  const groups = [...methods(document)].sort(([one], [other]) => (one < other ? -1 : 1));
  const interfaces = groups.map(([noun, all]) =>
    [
      `export interface ${title(noun)} {`,
      ...all.flatMap((each) =>
        each.signatures.flatMap((line) => [`  ${each.comment}`, `  ${line}`]),
      ),
      "}\n",
    ].join("\n"),
  );
  const members = groups.map(([noun]) => `  readonly ${noun}: ${title(noun)};`);
  const routes = groups.map(([noun, all]) =>
    [`  ${noun}: {`, ...all.map((each) => `    ${each.route}`), "  },"].join("\n"),
  );
  return [
    "// Generated from the contract by generate.mjs; not to be edited.\n",
    'import type {\n  Begun, Body, CallOptions, CloudEvent, HeaderOptions, Item, Pages, Path, Query, Result, Routes,\n  ServerSentEvent,\n} from "../calls.js";\n',
    ...interfaces,
    "/** A noun for each kind of thing, and on it what can be done. */",
    `export interface Nouns {\n${members.join("\n")}\n}\n`,
    "/** The version of the contract that this was made from. */",
    `export const VERSION = ${JSON.stringify(document.info.version)};\n`,
    `export const ROUTES: Routes = {\n${routes.join("\n")}\n};\n`,
  ].join("\n");
}

const [contract, folder] = process.argv.slice(2);
const document = JSON.parse(readFileSync(contract, "utf8"));
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, "nouns.ts"), nouns(document));
writeFileSync(path.join(folder, "contract.ts"), await types(document));
