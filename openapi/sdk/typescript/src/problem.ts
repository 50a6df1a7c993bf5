/**
 * What can go wrong:
 *
 *     GatewayError
 *     ├─ Problem            the gateway said no (RFC 9457), or something between said it
 *     │  └─ OperationFailed an operation ended, and not well
 *     ├─ ConnectionLost     no answer, however often it was asked
 *     └─ WebhookRejected    a delivery is not from the gateway
 */

import type { components } from "./generated/contract.js";

type Schemas = components["schemas"];

/** The state of an operation, as the contract has it. */
export type OperationState = Schemas["Operation"];

/** What passes, unless the problem says that it does not; 502 and 504 are a proxy's own words. */
export const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A problem as it came. */
export type ProblemBody = Partial<Schemas["Problem"]>;

/** One fault in the input, and where it is. */
export type InputFault = Schemas["InputFault"];

/** The base of every error of this package. */
export class GatewayError extends Error {
  override name = "GatewayError";
}

/** An answer that is a refusal. Build on `code`: it is stable; the words may change. */
export class Problem extends GatewayError {
  override name = "Problem";
  /** Stable name of the kind, such as `NOT_FOUND`; `HTTP_502` for what is no problem document. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  readonly title: string;
  /** What happened, and what to do next. */
  readonly detail: string;
  /** Names the request in the logs of the gateway; empty where nobody said it. */
  readonly requestId: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Each fault in the input. */
  readonly errors: readonly InputFault[];
  /** Seconds after which to come back, where the answer says it. */
  readonly retryAfter: number | undefined;
  /** Id of the operation that it is about, where it is about one. */
  readonly operation: string | undefined;

  /**
   * @param body what came; further members such as `permission` are in it
   * @param status of HTTP
   * @param retryAfter seconds
   */
  constructor(
    readonly body: ProblemBody,
    status: number,
    retryAfter?: number,
  ) {
    const title = body.title ?? "The call was refused";
    super(`${body.code ?? `HTTP_${status}`}: ${body.detail ?? title}`);
    this.title = title;
    this.status = status;
    this.code = body.code ?? `HTTP_${status}`;
    this.detail = body.detail ?? title;
    this.requestId = body.requestId ?? "";
    this.retryable = body.retryable ?? PASSING.has(status);
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.operation = body.operation;
  }
}

/** An operation that failed, was cancelled, or of which nobody knows how it ended. */
export class OperationFailed extends Problem {
  override name = "OperationFailed";

  /** @param state the operation at its end */
  constructor(readonly state: OperationState) {
    const code = `OPERATION_${state.status.toUpperCase()}`;
    const detail = `The operation ${state.id} ended as ${state.status}.`;
    const problem: ProblemBody = state.problem ?? { code, detail, retryable: false };
    super({ ...problem, operation: state.id }, problem.status ?? 502);
  }
}

/** No answer. Whether a call that changes something was carried out is not known. */
export class ConnectionLost extends GatewayError {
  override name = "ConnectionLost";
}

/** Seconds that an answer asks to wait (RFC 9110, 10.2.3), or undefined. */
export function retryAfterOf(response: Response): number | undefined {
  const said = response.headers.get("Retry-After");
  if (said === null) {
    return undefined;
  }
  const seconds = /^\d+$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/**
 * Make the error of a refusal.
 *
 * @param response of status 400 or more
 * @param said its body: an object, or whatever something on the way wrote
 */
export function problemOf(response: Response, said: unknown): Problem {
  const body = { requestId: response.headers.get("X-Request-Id") ?? "", ...bodyOf(said) };
  return new Problem(body, response.status, retryAfterOf(response));
}

function bodyOf(said: unknown): ProblemBody {
  if (typeof said !== "object" || said === null) {
    return {};
  }
  if (!("error" in said)) {
    return said;
  }
  // The token endpoint says it in the manner of RFC 6749, 5.2.
  const { error, error_description: detail } = said as Record<string, string>;
  return { code: String(error).toUpperCase(), detail: detail ?? String(error) };
}
