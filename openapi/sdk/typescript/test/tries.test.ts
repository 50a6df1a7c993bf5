import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectionLost, Problem } from "@spe-gateway/client";
import { operation, problem, staged, type Call } from "./stage.js";

const key = ({ headers }: Call) => headers["idempotency-key"];

test("a lost answer is asked for again with the same key, another call has another", async (t) => {
  const stage = await staged(t, (_, number) =>
    number % 2 ? { status: 201, body: { id: "res_1" } } : "break",
  );
  const gateway = stage.client();

  await gateway.resellers.create({ name: "One" });
  await gateway.resellers.create({ name: "Two" });

  const [first, second, third, fourth] = stage.asked.map(key);
  assert.match(first as string, /^[0-9a-f]{32}$/);
  assert.equal(first, second);
  assert.equal(third, fourth);
  assert.notEqual(first, third);
  assert.deepEqual(
    stage.asked.map(({ body }) => JSON.parse(body).name),
    ["One", "One", "Two", "Two"],
  );
});

test("a change under a condition is not tried again after a lost answer", async (t) => {
  const stage = await staged(t, () => "break");
  const options = { ifMatch: '"v1"' };

  const change = stage.client().resellers.update({ reseller: "res_1" }, { name: "New" }, options);

  await assert.rejects(change, ConnectionLost);
  assert.equal(stage.asked.length, 1);
});

test("an answer that breaks off counts as lost", async (t) => {
  const stage = await staged(t, (_, number) =>
    number
      ? { body: { client: "cli_1" } }
      : (response) => {
          response.writeHead(200, { "Content-Length": "100" });
          response.write("{");
          setImmediate(() => response.destroy());
        },
  );

  assert.equal((await stage.client().me.get()).client, "cli_1");
});

test("a key of one's own is taken", async (t) => {
  const stage = await staged(t, () => ({ status: 201, body: {} }));

  await stage.client().resellers.create({ name: "One" }, { idempotencyKey: "mine" });

  assert.equal(key(stage.asked[0]!), "mine");
});

test("Retry-After is honoured after 429, and a pause is made after 503", async (t) => {
  const replies = [
    {
      ...(problem(429, "RATE_LIMITED", { retryable: true }) as object),
      headers: { "Retry-After": "1" },
    },
    problem(503, "DEPLOYMENT_BUSY", { retryable: true }),
    { body: {} },
  ];
  const stage = await staged(t, (_, number) => replies[number]!);

  await stage.client().me.get();

  const [first, second] = stage.retries;
  assert.equal(first!.status, 429);
  assert(first!.pause >= 1 && first!.pause <= 1.5, `${first!.pause}`);
  assert.equal(second!.status, 503);
  assert(second!.pause >= 0.5 && second!.pause <= 1, `${second!.pause}`);
});

test("a longer Retry-After than one wants to wait for is a problem at once", async (t) => {
  const reply = { ...(problem(429, "RATE_LIMITED") as object), headers: { "Retry-After": "3600" } };
  const stage = await staged(t, () => reply);

  await assert.rejects(stage.client().me.get(), (error) => {
    assert(error instanceof Problem);
    assert.equal(error.retryAfter, 3600);
    return true;
  });
  assert.equal(stage.asked.length, 1);
});

test("a Retry-After is honoured while it fits into what is left, and then a problem", async (t) => {
  const busy = problem(503, "DEPLOYMENT_PAUSED", { retryable: true, operation: "op_7" }) as object;
  const stage = await staged(t, () => ({ ...busy, headers: { "Retry-After": "1" } }));

  await assert.rejects(stage.client({ patience: 3 }).me.get(), (error) => {
    assert(error instanceof Problem);
    assert.deepEqual([error.retryAfter, error.operation], [1, "op_7"]);
    return true;
  });
  assert.equal(stage.asked.length, 2);
});

test("a call takes no longer than it may, also if nobody answers or gives a token", async (t) => {
  const stage = await staged(t, () => () => undefined);
  for (const token of ["token-1", new Promise<string>(() => undefined)]) {
    const began = performance.now();
    const gateway = stage.client({ patience: 0.5, token: async () => token });
    await assert.rejects(gateway.me.get(), ConnectionLost);
    assert(performance.now() - began < 1500, `${performance.now() - began}`);
  }
  assert.equal(stage.asked.length, 1);
});

test("who is in a hurry asks the gateway to be quick too", async (t) => {
  const stage = await staged(t, ({ path }) =>
    path.startsWith("/operations/")
      ? { body: operation({ status: "succeeded", endTime: "2" }) }
      : { status: 202, body: operation() },
  );

  await stage.client({ patience: 6 }).instances.start({ instance: "ins_1" }).wait();

  assert.equal(stage.asked[1]!.headers["prefer"], "wait=3");
});

test("a 503 that only a person can mend is not asked again", async (t) => {
  const stage = await staged(t, () => problem(503, "DEPLOYMENT_QUARANTINED"));

  await assert.rejects(stage.client().me.get(), { code: "DEPLOYMENT_QUARANTINED" });
  assert.equal(stage.asked.length, 1);
});

test("the first call of a key that is still under way is waited for", async (t) => {
  const stage = await staged(t, (_, number) =>
    number ? { status: 201, body: { id: "res_1" } } : problem(409, "IDEMPOTENCY_IN_FLIGHT"),
  );

  assert.equal((await stage.client().resellers.create({ name: "One" })).id, "res_1");
});

test("another conflict is a problem at once, with all that it tells", async (t) => {
  const errors = [{ pointer: "/name", code: "TAKEN", detail: "It is taken." }];
  const stage = await staged(t, () =>
    problem(409, "OPERATION_IN_PROGRESS", { retryable: true, errors, novel: 1 }),
  );

  await assert.rejects(stage.client().resellers.create({ name: "One" }), (error) => {
    assert(error instanceof Problem);
    assert.deepEqual(
      [error.code, error.status, error.requestId, error.retryable],
      ["OPERATION_IN_PROGRESS", 409, "r", true],
    );
    assert.deepEqual(error.errors, errors);
    assert.equal((error.body as { novel?: number }).novel, 1);
    return true;
  });
  assert.equal(stage.asked.length, 1);
});

test("a proxy whose gateway is away is asked again, and its words are a problem", async (t) => {
  const stage = await staged(t, () => ({ status: 502, text: "<html>Bad gateway</html>" }));

  const call = stage.client({ retries: 1 }).me.get();

  await assert.rejects(call, { name: "Problem", code: "HTTP_502", retryable: true });
  assert.equal(stage.asked.length, 2);
});

test("what a deployment did to a call is not asked for again", async (t) => {
  const stage = await staged(t, () => problem(502, "ANSWER_LOST"));

  await assert.rejects(stage.client().me.get(), { code: "ANSWER_LOST" });
  assert.equal(stage.asked.length, 1);
});

test("a token is taken nowhere else", async (t) => {
  const other = await staged(t, () => ({ body: {} }));
  const stage = await staged(t, () => ({ status: 307, headers: { Location: `${other.url}/me` } }));

  await assert.rejects(stage.client({ retries: 0 }).me.get(), ConnectionLost);
  assert.equal(other.calls.length, 0);
});

test("a gateway that never answers is given up, by name", async (t) => {
  const stage = await staged(t, () => "break");

  await assert.rejects(stage.client({ retries: 1 }).me.get(), (error) => {
    assert(error instanceof ConnectionLost);
    assert.match(error.message, /GET \/me/);
    return true;
  });
  assert.equal(stage.asked.length, 2);
});

test("a try that takes too long counts as lost", async (t) => {
  const stage = await staged(t, (_, number) =>
    number ? { body: { client: "cli_1" } } : () => undefined,
  );

  assert.equal((await stage.client({ timeout: 0.2 }).me.get()).client, "cli_1");
});

test("the caller's signal ends a call, and the pause between two tries", async (t) => {
  const stage = await staged(t, () => problem(503, "DEPLOYMENT_BUSY", { retryable: true }));
  const controller = new AbortController();
  const gateway = stage.client({ onRetry: () => controller.abort(new Error("enough")) });

  await assert.rejects(gateway.me.get({ signal: controller.signal }), /enough/);
  assert.equal(stage.asked.length, 1);
});

test("openapi-fetch has the same token and the same tries", async (t) => {
  const stage = await staged(t, (_, number) => (number ? { body: { client: "cli_1" } } : "break"));

  const { data } = await stage.client().raw.GET("/me");

  assert.equal(data?.client, "cli_1");
  assert.equal(stage.asked[1]!.headers.authorization, "Bearer token-1");
});
