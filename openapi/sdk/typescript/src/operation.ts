/** Work on a deployment that may outlast the call that began it. */

import { pause } from "./pause.js";
import { OperationFailed, type OperationState } from "./problem.js";

/** Seconds that one question waits at the gateway: where nobody, and where somebody looks on. */
const PATIENT = 20;
const WATCHED = 2;
/** Seconds between two questions, if the gateway answers them at once. */
const SHORTEST = 0.5;

/** How an end is waited for. */
export interface WaitOptions {
  /** Is told the state whenever it has changed. */
  readonly onProgress?: (state: OperationState) => void;
  /** Ends the waiting; the operation goes on. */
  readonly signal?: AbortSignal;
}

/** What an operation asks the gateway. */
export interface OperationCalls {
  /** Return its state, at its end or after so many seconds. */
  state(id: string, wait: number, signal?: AbortSignal): Promise<OperationState>;
  cancel(id: string): Promise<OperationState>;
}

/** A call that was accepted: its work goes on at the gateway, or was done at once. */
export class Operation<T> {
  private constructor(
    private readonly calls: OperationCalls,
    private known: OperationState | undefined,
    private readonly result: T | undefined,
  ) {}

  /** One that the call itself brought to its end. */
  static done<T>(calls: OperationCalls, result: T): Operation<T> {
    return new Operation(calls, undefined, result);
  }

  /** One that goes on: the answer was 202. */
  static going<T>(calls: OperationCalls, state: OperationState): Operation<T> {
    return new Operation<T>(calls, state, undefined);
  }

  /** Its opaque id, to be kept and waited for elsewhere; undefined if it was done at once. */
  get id(): string | undefined {
    return this.known?.id;
  }

  /** What was last heard of it; undefined if it was done at once. */
  get state(): OperationState | undefined {
    return this.known;
  }

  /** Whether it has ended, well or not. New words for states are no end. */
  get isDone(): boolean {
    return this.known === undefined || this.known.endTime !== null;
  }

  /** Ask how far it is. */
  async refresh(): Promise<this> {
    if (this.known !== undefined) {
      this.known = await this.calls.state(this.known.id, 0);
    }
    return this;
  }

  /** Ask to cancel it. What comes of that is told by its end. */
  async cancel(): Promise<this> {
    if (this.known !== undefined) {
      this.known = await this.calls.cancel(this.known.id);
    }
    return this;
  }

  /**
   * Wait for its end, and return its result.
   *
   * @throws {OperationFailed} it failed, was cancelled, or nobody knows
   */
  async wait({ onProgress, signal }: WaitOptions = {}): Promise<T> {
    if (this.known === undefined) {
      return this.result as T;
    }
    onProgress?.(this.known);
    while (this.known.endTime === null) {
      const before: OperationState = this.known;
      this.known = await this.#ask(before.id, onProgress ? WATCHED : PATIENT, signal);
      if (this.known.updateTime !== before.updateTime || this.known.endTime !== null) {
        onProgress?.(this.known);
      }
    }
    if (this.known.status !== "succeeded") {
      throw new OperationFailed(this.known);
    }
    return (this.known.result ?? undefined) as T;
  }

  /** Ask once; the answer comes after a while, also where something on the way hurries it. */
  async #ask(id: string, wait: number, signal?: AbortSignal): Promise<OperationState> {
    const began = Date.now();
    const state = await this.calls.state(id, wait, signal);
    const left = SHORTEST - (Date.now() - began) / 1000;
    if (state.endTime === null && left > 0) {
      await pause(left, signal);
    }
    return state;
  }
}

/**
 * A call that begins work: `await` gives the operation, `.wait()` its result.
 *
 *     const operation = await gateway.stores.verify({ instance, store });
 *     const run = await gateway.stores.verify({ instance, store }).wait();
 */
export class Begun<T> implements PromiseLike<Operation<T>> {
  constructor(private readonly operation: Promise<Operation<T>>) {}

  then<A = Operation<T>, B = never>(
    onFulfilled?: ((operation: Operation<T>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.operation.then(onFulfilled, onRejected);
  }

  /** Wait for the end, and return the result; see `Operation.wait`. */
  async wait(options: WaitOptions = {}): Promise<T> {
    return (await this.operation).wait(options);
  }
}
