/** From a method of a noun, such as `stores.verify`, to the call, and from the answer back. */

import type { operations } from "./generated/contract.js";
import { Begun, Operation, type OperationCalls } from "./operation.js";
import { Pages } from "./pages.js";
import { problemOf, type OperationState } from "./problem.js";
import { follow, type ServerSentEvent } from "./streams.js";
import type { CloudEvent } from "./webhooks.js";

export type { Begun, CloudEvent, Pages, ServerSentEvent };

/** The `operationId`s of the contract. */
export type OperationName = keyof operations;

/** The members of a path. */
export type Path<K extends OperationName> = operations[K]["parameters"] extends { path: infer P }
  ? P
  : never;

/** What narrows or directs a call. */
export type Query<K extends OperationName> = NonNullable<operations[K]["parameters"]["query"]>;

/** What is sent. */
export type Body<K extends OperationName> = operations[K] extends { requestBody?: infer R }
  ? NonNullable<R> extends { content: infer C }
    ? C[keyof C]
    : never
  : never;

type Json<R> = R extends { content: { "application/json": infer T } } ? T : void;

/** What is answered with a status; `void` for no content. */
export type Result<K extends OperationName, S extends number> =
  operations[K]["responses"] extends Record<S, infer R> ? Json<R> : never;

/** One thing of a list. */
export type Item<R> = R extends { items?: readonly (infer I)[] } ? I : never;

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; what has been begun at the gateway goes on. */
  readonly signal?: AbortSignal;
  /** The end user for whom this is done; it is kept in the audit log. */
  readonly onBehalfOf?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What some calls take. */
export interface HeaderOptions {
  /** A word for this one call; by default a random one. For a call that outlives this process. */
  readonly idempotencyKey?: string;
  /** The version that is to be changed (`etagOf`); another one is a Problem with status 412. */
  readonly ifMatch?: string;
  /** Seconds (0 to 30) that the gateway waits for the end before it answers with an operation. */
  readonly wait?: number;
  /** 0 to 7; from 4 on the call gives way to others. */
  readonly priority?: number;
  /** The name of the command, for one that changes something. */
  readonly confirm?: string;
}

/** How one method is carried out. */
export interface Route {
  readonly kind: "list" | "begin" | "call" | "events" | "stream";
  readonly method: string;
  readonly path: string;
  /** The members of its path. */
  readonly names: readonly string[];
  /** Its arguments before the options. */
  readonly takes: readonly ("params" | "body")[];
  /** Its body is a form. */
  readonly form?: boolean;
  /** It needs no token. */
  readonly open?: boolean;
  /** A 202 is its answer, and not waited for. */
  readonly state?: boolean;
}

/** By noun and verb. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Route>>>>;

type Values = Readonly<Record<string, unknown>>;

/** What is sent, in the words of openapi-fetch. */
export interface Sending {
  readonly params: { readonly path: Values; readonly query: Values };
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly parseAs?: "stream";
}

/** What openapi-fetch answers. */
export interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** Sends one call. */
export type Send = (method: string, path: string, sending: Sending) => Promise<Answer>;

const ETAGS = new WeakMap<object, string>();

/** The version of an object that was read, for `ifMatch`; undefined for one that has none. */
export function etagOf(read: object): string | undefined {
  return ETAGS.get(read);
}

/** Carries methods out. */
export class Caller {
  readonly #operations: OperationCalls = {
    state: (id, wait, signal) =>
      this.#ask(OPERATION, [
        { operation: id },
        { wait: Math.min(wait, this.longestWait), ...(signal && { signal }) },
      ]),
    cancel: (id) => this.#ask(CANCEL, [{ operation: id }]),
  };

  /**
   * @param send sends one call
   * @param onExpired is told that the token of a stream has ended
   * @param longestWait seconds for which the gateway may be asked to wait with its answer
   */
  constructor(
    private readonly send: Send,
    private readonly onExpired: () => void,
    private readonly longestWait: number,
  ) {}

  /** Take up an operation. */
  async operation<T>(id: string): Promise<Operation<T>> {
    return Operation.going<T>(this.#operations, await this.#operations.state(id, 0));
  }

  /** Carry a method out. */
  run(route: Route, given: readonly unknown[]): unknown {
    switch (route.kind) {
      case "list":
        return new Pages((next) => this.#settled(route, given, next));
      case "begin":
        return isRehearsal(route, given)
          ? this.#settled(route, given)
          : new Begun(this.#begun(route, sendingOf(route, given)));
      case "events":
        return this.#events(route, given);
      case "stream":
        return this.#stream(route, given, (event) => event.event === "end");
      case "call":
        return route.state ? this.#ask(route, given) : this.#settled(route, given);
    }
  }

  /** Ask, and take the answer as it is. */
  async #ask<T>(route: Route, given: readonly unknown[]): Promise<T> {
    const { data } = await this.#sent(route, sendingOf(route, given));
    return data as T;
  }

  /** Ask, and wait for the end if the answer is an operation: any read may become one. */
  async #settled<T>(route: Route, given: readonly unknown[], next: Values = {}): Promise<T> {
    const sending = sendingOf(route, given, next);
    const operation = await this.#begun<T>(route, sending);
    return operation.wait(sending.signal && { signal: sending.signal });
  }

  async #begun<T>(route: Route, sending: Sending): Promise<Operation<T>> {
    const { data, response } = await this.#sent(route, sending);
    return response.status === 202
      ? Operation.going<T>(this.#operations, data as OperationState)
      : Operation.done(this.#operations, data as T);
  }

  async #sent(route: Route, sending: Sending): Promise<Answer> {
    const answer = await this.send(route.method, route.path, sending);
    if (!answer.response.ok) {
      throw problemOf(answer.response, answer.error);
    }
    const etag = answer.response.headers.get("ETag");
    if (etag !== null && typeof answer.data === "object" && answer.data !== null) {
      ETAGS.set(answer.data, etag);
    }
    return answer;
  }

  async *#events(route: Route, given: readonly unknown[]): AsyncGenerator<CloudEvent> {
    for await (const { event, data } of this.#stream(route, given, () => false)) {
      if (event === "event") {
        yield data as CloudEvent;
      }
    }
  }

  #stream(
    route: Route,
    given: readonly unknown[],
    isLast: (event: ServerSentEvent) => boolean,
  ): AsyncGenerator<ServerSentEvent> {
    const { signal, headers, ...rest } = sendingOf(route, given);
    return follow({
      open: async (lastEventId) => {
        const resumed = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
        const { data } = await this.#sent(route, {
          ...rest,
          ...(signal && { signal }),
          headers: { ...headers, ...resumed, Accept: "text/event-stream" },
          parseAs: "stream",
        });
        return (data as ReadableStream<Uint8Array> | null) ?? undefined;
      },
      isLast,
      again: !("seconds" in rest.params.query),
      onExpired: this.onExpired,
      signal,
    });
  }
}

const OPERATION: Route = {
  kind: "call",
  method: "GET",
  path: "/operations/{operation}",
  names: ["operation"],
  takes: ["params"],
};
const CANCEL: Route = { ...OPERATION, method: "POST", path: "/operations/{operation}/cancel" };

/** Sort the arguments of a method: parameters of the path or the query, the body, the options. */
function sendingOf(route: Route, given: readonly unknown[], next: Values = {}): Sending {
  const params = (route.takes.includes("params") ? given[0] : undefined) as Values | undefined;
  const body = route.takes.includes("body") ? given[route.takes.length - 1] : undefined;
  const {
    signal,
    onBehalfOf,
    headers,
    idempotencyKey,
    ifMatch,
    wait,
    priority,
    confirm,
    ...query
  } = (given[route.takes.length] ?? {}) as CallOptions & HeaderOptions;
  const form = route.form ? "application/x-www-form-urlencoded" : undefined;
  return {
    params: {
      path: picked(params, (name) => route.names.includes(name)),
      query: { ...picked(params, (name) => !route.names.includes(name)), ...query, ...next },
    },
    headers: present({
      Accept: "application/json",
      "Content-Type": form,
      "On-Behalf-Of": onBehalfOf,
      "Idempotency-Key": idempotencyKey,
      "If-Match": ifMatch,
      Prefer: wait === undefined ? undefined : `wait=${wait}`,
      Priority: priority === undefined ? undefined : `u=${priority}`,
      Confirm: confirm,
      ...headers,
    }),
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  };
}

function isRehearsal(route: Route, given: readonly unknown[]): boolean {
  return (given[route.takes.length] as Values | undefined)?.["validateOnly"] === true;
}

function picked(values: Values | undefined, isWanted: (name: string) => boolean): Values {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => isWanted(name)));
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
