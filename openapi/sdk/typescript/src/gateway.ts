/** The gateway, as a program sees it. */

import createClient, { type Client } from "openapi-fetch";

import { Caller, type Route, type Send } from "./calls.js";
import type { components, paths } from "./generated/contract.js";
import { ROUTES, VERSION, type Nouns } from "./generated/nouns.js";
import type { Operation } from "./operation.js";
import { problemOf } from "./problem.js";
import { Tokens, type Grant, type TokenProvider } from "./tokens.js";
import { Transport, type Retry } from "./transport.js";

/** Whose gateway it is, and how it is called. */
export interface GatewayOptions {
  /** Of the gateway, such as `https://gateway.example.com`. */
  readonly url: string;
  /** Of an API client, with its secret; for programs that can keep one. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** The only permissions that the token is to have, separated by spaces. */
  readonly scope?: string;
  /** Gives a token, in place of a secret; for browsers. */
  readonly token?: TokenProvider;
  /** The end user for whom everything is done, unless a call names another. */
  readonly onBehalfOf?: string;
  /**
   * Seconds that one call may take, by default 60: after 429, 503 or a lost answer it is tried again
   * while that fits; a `Retry-After` that does not fit is a `Problem` at once.
   */
  readonly patience?: number;
  /** How often a call is tried again, at most; by default as often as fits into `patience`. */
  readonly retries?: number;
  /** Seconds for one try, at most; by default 60. */
  readonly timeout?: number;
  /** Is told of each further try. */
  readonly onRetry?: (retry: Retry) => void;
  /** By default that of the platform. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

// The nouns are made from the contract, so they are told to TypeScript here, and set below.
export interface Gateway extends Nouns {}

/**
 * A gateway: a noun for each kind of thing, and on it what can be done.
 *
 *     const gateway = new Gateway({ url, clientId, clientSecret });
 *     for await (const instance of gateway.instances.list({ status: "running" })) …
 */
export class Gateway {
  /** Any path of the contract, as openapi-fetch has it, with the same token and the same tries. */
  readonly raw: Client<paths>;
  readonly #caller: Caller;

  constructor(options: GatewayOptions) {
    const url = options.url.replace(/\/+$/, "");
    const tokens = tokensOf(options, (form) => transport.send(tokenRequest(url, form)));
    const transport = new Transport(persistence(options), tokens, (request) =>
      isOpen(url, request),
    );
    this.raw = createClient<paths>({
      baseUrl: url,
      fetch: (request) => transport.send(request),
      redirect: "error", // a token goes nowhere else
      headers: {
        "SPE-Gateway-Version": VERSION,
        ...(options.onBehalfOf !== undefined && { "On-Behalf-Of": options.onBehalfOf }),
      },
    });
    // Half of what a call may take, so that the gateway answers in time.
    const longestWait = Math.max(1, Math.floor((options.patience ?? PATIENCE) / 2));
    const send = this.raw.request as unknown as Send;
    this.#caller = new Caller(send, () => tokens?.drop(), longestWait);
    Object.assign(this, nouns(this.#caller));
  }

  /** Take up an operation whose id was kept; `T` is what it results in. */
  operation<T = unknown>(id: string): Promise<Operation<T>> {
    return this.#caller.operation<T>(id);
  }
}

function nouns(caller: Caller): Record<string, unknown> {
  const method =
    (route: Route) =>
    (...given: unknown[]) =>
      caller.run(route, given);
  return mapped(ROUTES, (verbs) => mapped(verbs, method));
}

function mapped<V, W>(values: Readonly<Record<string, V>>, to: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}

const PATIENCE = 60;

function persistence(options: GatewayOptions) {
  return {
    patience: options.patience ?? PATIENCE,
    retries: options.retries ?? Infinity,
    timeout: options.timeout ?? 60,
    // Called without `this`: browsers refuse a fetch that belongs to another object.
    fetch: options.fetch ?? ((request: Request) => globalThis.fetch(request)),
    onRetry: options.onRetry,
  };
}

const OPEN = new Set(
  Object.values(ROUTES).flatMap((verbs) =>
    Object.values(verbs)
      .filter((route) => route.open)
      .map((route) => route.path),
  ),
);

function isOpen(url: string, request: Request): boolean {
  return OPEN.has(
    new URL(request.url).pathname.slice(new URL(url).pathname.replace(/\/$/, "").length),
  );
}

function tokensOf(
  { clientId, clientSecret, scope, token }: GatewayOptions,
  ask: (form: Record<string, string>) => Promise<Response>,
): Tokens | undefined {
  if (token !== undefined) {
    return new Tokens(token);
  }
  if (clientId === undefined || clientSecret === undefined) {
    return undefined;
  }
  const form = {
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope !== undefined && { scope }),
  };
  return new Tokens(async () => granted(await ask(form)));
}

function tokenRequest(url: string, form: Record<string, string>): Request {
  const headers = { Accept: "application/json", "SPE-Gateway-Version": VERSION };
  const body = new URLSearchParams(form);
  return new Request(`${url}/oauth/token`, { method: "POST", headers, body, redirect: "error" });
}

async function granted(response: Response): Promise<Grant> {
  const said: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw problemOf(response, said);
  }
  const { access_token: accessToken, expires_in: expiresIn } =
    said as components["schemas"]["TokenAnswer"];
  return { accessToken, expiresIn };
}
