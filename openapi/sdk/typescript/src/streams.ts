/** Server-Sent Events (WHATWG HTML, 9.2), followed over breaks. */

import { pause } from "./pause.js";
import { ConnectionLost, Problem, type ProblemBody } from "./problem.js";

/** One event of a stream. */
export interface ServerSentEvent<D = unknown> {
  /** Such as `progress`; there may be new ones. */
  readonly event: string;
  readonly id: string;
  /** The JSON that came with it. */
  readonly data: D;
}

/** Seconds between two tries after a break; each is twice as long, up to the last. */
const PAUSES = [0.5, 1, 2, 4, 8, 16];

/** Opens the stream after an event; undefined once there is nothing more. */
export type Open = (
  lastEventId: string | undefined,
) => Promise<ReadableStream<Uint8Array> | undefined>;

/** How a stream is followed. */
export interface Following {
  readonly open: Open;
  /** Whether it comes to an end of its own after this event. */
  readonly isLast: (event: ServerSentEvent) => boolean;
  /** Whether a stream that has ended is opened again. */
  readonly again: boolean;
  /** Is told that the token of the stream has ended; the next one is opened with another. */
  readonly onExpired: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Follow a stream; after a break it goes on where it was: nothing is lost, nothing comes twice.
 *
 * @throws {Problem} the gateway ended it, and says why
 */
export async function* follow(how: Following): AsyncGenerator<ServerSentEvent, void, undefined> {
  let last: string | undefined;
  let breaks = 0;
  for (;;) {
    const body = await how.open(last);
    if (body === undefined) {
      return;
    }
    try {
      for await (const event of parsed(body)) {
        breaks = 0;
        if (event.event === "problem") {
          endedBy(event.data as ProblemBody, how);
          break;
        }
        last = event.id || last;
        yield event;
        if (how.isLast(event)) {
          return;
        }
      }
      if (!how.again) {
        return;
      }
    } catch (error) {
      breaks = afterBreak(error, breaks, how);
    }
    await pause(PAUSES[breaks] ?? 0, how.signal);
  }
}

/** A stream whose token has ended is opened again with another; else the problem is thrown. */
function endedBy(problem: ProblemBody, how: Following): void {
  if (problem.status !== 401) {
    throw new Problem(problem, problem.status ?? 500);
  }
  how.onExpired();
}

function afterBreak(error: unknown, breaks: number, how: Following): number {
  if (!(error instanceof Broken)) {
    throw error;
  }
  how.signal?.throwIfAborted();
  if (breaks + 1 >= PAUSES.length) {
    throw new ConnectionLost("the stream broke", { cause: error.cause });
  }
  return breaks + 1;
}

class Broken extends Error {}

/** Take a stream apart. Each event of the gateway is one line of data, but more are allowed. */
async function* parsed(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let fields: { event?: string; id?: string; data: string[] } = { data: [] };
  for await (const line of lines(body)) {
    if (line === "") {
      if (fields.data.length) {
        const data: unknown = JSON.parse(fields.data.join("\n"));
        yield { event: fields.event ?? "message", id: fields.id ?? "", data };
      }
      fields = { data: [] };
      continue;
    }
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "data") {
      fields.data.push(value);
    } else if (name === "event" || name === "id") {
      fields[name] = value;
    }
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new Broken("", { cause });
      });
      if (done) {
        return;
      }
      const found = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = found.pop() ?? "";
      yield* found;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
