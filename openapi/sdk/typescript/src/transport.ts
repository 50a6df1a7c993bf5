/** One call: its token, its Idempotency-Key, and as many tries as it takes. */

import { webcrypto } from "#crypto";
import { pause } from "./pause.js";
import { ConnectionLost, PASSING, retryAfterOf, type ProblemBody } from "./problem.js";
import type { Tokens } from "./tokens.js";

/** Seconds of the first pause between two tries; each further one is twice as long. */
const FIRST_PAUSE = 0.5;
const LONGEST_PAUSE = 20;
/** Seconds that a pause leaves to the try after it, at least. */
const LAST_TRY = 1;
const IN_FLIGHT = "IDEMPOTENCY_IN_FLIGHT";
const CONFLICT = 409;

/** Why a call is tried again. */
export interface Retry {
  readonly method: string;
  readonly url: string;
  /** Of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** 1 for the first time that it is tried again. */
  readonly attempt: number;
  /** Seconds. */
  readonly pause: number;
}

/** How calls are tried. */
export interface Persistence {
  /** Seconds that one call may take, all its tries and pauses together. */
  readonly patience: number;
  /** How often a call is tried again, at most. */
  readonly retries: number;
  /** Seconds for one try; a stream has them for its beginning. */
  readonly timeout: number;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/** Sends requests. POST has one Idempotency-Key for all its tries, so it is carried out once. */
export class Transport {
  /**
   * @param tokens undefined for a client that only asks what needs none
   * @param isOpen whether a request needs no token
   */
  constructor(
    private readonly how: Persistence,
    private readonly tokens: Tokens | undefined,
    private readonly isOpen: (request: Request) => boolean,
  ) {}

  /**
   * @throws {ConnectionLost} the last try had no answer
   */
  async send(request: Request): Promise<Response> {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", newKey());
    }
    const end = performance.now() + this.how.patience * 1000;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#authorised(request, end).catch((error: unknown) =>
        lost(error, request),
      );
      const seconds = await this.#pauseAfter(request, outcome, attempt, leftUntil(end));
      if (seconds === undefined) {
        return answered(outcome);
      }
      const status = outcome instanceof Response ? outcome.status : undefined;
      const { method, url } = request;
      this.how.onRetry?.({ method, url, status, attempt, pause: seconds });
      await pause(seconds, request.signal);
    }
  }

  /** Seconds to the next try; undefined when this was the last. */
  async #pauseAfter(
    request: Request,
    outcome: Response | Error,
    attempt: number,
    left: number,
  ): Promise<number | undefined> {
    // What is changed under a condition may have been: the next try would be refused by this one.
    const isOnce = outcome instanceof Error && request.headers.has("If-Match");
    if (isOnce || attempt > this.how.retries || !(await isPassing(outcome))) {
      return undefined;
    }
    const asked = outcome instanceof Response ? retryAfterOf(outcome) : undefined;
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1));
    const seconds = (asked ?? most / 2) + (Math.random() * most) / 2;
    return seconds + LAST_TRY <= left ? seconds : undefined;
  }

  /** Try once; once more with a new token if the token was refused. */
  async #authorised(request: Request, end: number): Promise<Response> {
    if (this.isOpen(request) || request.headers.has("Authorization")) {
      return this.#once(request.clone(), end);
    }
    const token = await this.#token(end);
    const response = await this.#once(bearing(request, token), end);
    if (response.status !== 401) {
      return response;
    }
    this.tokens?.drop(token);
    const next = await this.#token(end);
    return next === token ? response : this.#once(bearing(request, next), end);
  }

  async #token(end: number): Promise<string> {
    if (this.tokens === undefined) {
      throw new TypeError("This needs a token: give clientId and clientSecret, or token.");
    }
    const settled = new AbortController();
    const late = pause(leftUntil(end), settled.signal).then(() => {
      throw new TimedOut();
    });
    try {
      return await Promise.race([this.tokens.get(), late]);
    } finally {
      settled.abort();
    }
  }

  /** Send it, and read the answer, so that one that breaks off counts as none. */
  async #once(request: Request, end: number): Promise<Response> {
    const seconds = Math.min(this.how.timeout, leftUntil(end));
    const limit = new AbortController();
    const stop = () => limit.abort(request.signal.reason);
    request.signal.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(() => limit.abort(new TimedOut()), seconds * 1000);
    const isStream = request.headers.get("Accept") === "text/event-stream";
    try {
      const response = await this.how.fetch(new Request(request, { signal: limit.signal }));
      return isStream && response.ok ? response : await whole(response);
    } catch (error) {
      // What is thrown for an abort is not its reason in every runtime.
      throw limit.signal.aborted ? limit.signal.reason : new Disconnected(error);
    } finally {
      clearTimeout(timer);
      if (!isStream) {
        request.signal.removeEventListener("abort", stop);
      }
    }
  }
}

/** Seconds until a moment of `performance.now()`; never less than a try needs to fail. */
function leftUntil(end: number): number {
  return Math.max(0.1, (end - performance.now()) / 1000);
}

/** One try had no answer. */
class Disconnected extends Error {
  constructor(cause: unknown) {
    super("the connection broke", { cause });
  }
}

class TimedOut extends Disconnected {
  constructor() {
    super(undefined);
    this.message = "no answer in time";
  }
}

/** A random word for one logical call. */
export function newKey(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

function bearing(request: Request, token: string): Request {
  const copy = request.clone();
  copy.headers.set("Authorization", `Bearer ${token}`);
  return copy;
}

/** What came of a try without an answer; anything else that is thrown goes through. */
function lost(error: unknown, request: Request): Error {
  if (!(error instanceof Disconnected)) {
    throw error;
  }
  const what = `${request.method} ${new URL(request.url).pathname}`;
  return new ConnectionLost(`${what}: ${error.message}`, { cause: error.cause });
}

function answered(outcome: Response | Error): Response {
  if (outcome instanceof Error) {
    throw outcome;
  }
  return outcome;
}

/** Whether the same call may have another outcome in a while. */
async function isPassing(outcome: Response | Error): Promise<boolean> {
  if (outcome instanceof Error) {
    return true;
  }
  if (outcome.status !== CONFLICT && !PASSING.has(outcome.status)) {
    return false;
  }
  const said: unknown = await outcome
    .clone()
    .json()
    .catch(() => undefined);
  const { code, retryable } = (said ?? {}) as ProblemBody;
  // Some 503 last until a person acts, and then the problem says so.
  return outcome.status === CONFLICT ? code === IN_FLIGHT : retryable !== false;
}

/** Read an answer to its end. */
async function whole(response: Response): Promise<Response> {
  const bytes = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(bytes.byteLength ? bytes : null, { status, statusText, headers });
}
