/** A gateway of a few lines, which answers what a test tells it to. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

import { Gateway, type GatewayOptions, type Retry } from "@spe-gateway/client";

/** One call as it came. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What is answered: a body and a status, headers, or nothing at all. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: unknown; text?: string }
  | "break"
  | ((response: ServerResponse) => void);

/** Answers a call; `number` counts those to the same path, from 0. */
export type Script = (call: Call, number: number) => Reply | Promise<Reply>;

/** A gateway with a script, and a client of it. */
export class Stage {
  readonly calls: Call[] = [];
  readonly retries: Retry[] = [];
  url = "";

  constructor(private readonly script: Script) {}

  /** The calls without those for tokens. */
  get asked(): Call[] {
    return this.calls.filter(({ path }) => !path.startsWith("/oauth/"));
  }

  client(options: Partial<GatewayOptions> = {}): Gateway {
    const onRetry = (retry: Retry) => void this.retries.push(retry);
    return new Gateway({ url: this.url, token: () => "token-1", onRetry, ...options });
  }

  async start(test: TestContext): Promise<this> {
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    test.after(() => {
      server.close();
      server.closeAllConnections();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part as Buffer);
    }
    const { method = "", url = "", headers } = request;
    const number = this.calls.filter(({ path }) => path === url).length;
    const call = { method, path: url, headers, body: Buffer.concat(parts).toString() };
    this.calls.push(call);
    const reply = await this.script(call, number);
    if (reply === "break") {
      request.socket.destroy();
    } else if (typeof reply === "function") {
      reply(response);
    } else {
      const { status = 200, headers: said = {}, body, text } = reply;
      const type = status < 400 ? "application/json" : "application/problem+json";
      response.writeHead(status, { "Content-Type": type, ...said });
      response.end(text ?? (body === undefined ? undefined : JSON.stringify(body)));
    }
  }
}

/** Start a stage for one test. */
export function staged(test: TestContext, script: Script): Promise<Stage> {
  return new Stage(script).start(test);
}

/** A problem document. */
export function problem(status: number, code: string, more: object = {}): Reply {
  const body = { code, status, title: code, detail: "d", instance: "/", requestId: "r", type: "t" };
  return { status, body: { ...body, retryable: false, ...more } };
}

/** An operation, in the state that its members say. */
export function operation(more: object = {}): object {
  return {
    id: "op_1",
    status: "running",
    endTime: null,
    updateTime: "1",
    percentProgress: null,
    problem: null,
    result: null,
    ...more,
  };
}
