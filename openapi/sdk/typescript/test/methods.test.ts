import assert from "node:assert/strict";
import { test } from "node:test";

import { etagOf, OperationFailed, type OperationState } from "@spe-gateway/client";
import { operation, staged } from "./stage.js";

const ENDED = { status: "succeeded", endTime: "2", updateTime: "2" };

test("a list is walked over all its pages, also an empty one, with its filter", async (t) => {
  const pages = [
    { items: [{ id: "a" }, { id: "b" }], nextCursor: "c1" },
    { items: [], nextCursor: "c2" },
    { items: [{ id: "c" }], nextCursor: null },
  ];
  const stage = await staged(t, ({ path }) => ({
    body: pages[Number(/cursor=c(\d)/.exec(path)?.[1] ?? 0)],
  }));

  const found = await stage.client().instances.list({ status: "running", limit: 2 }).all();

  assert.deepEqual(
    found.map(({ id }) => id),
    ["a", "b", "c"],
  );
  assert.deepEqual(
    stage.asked.map(({ path }) => path),
    ["", "&cursor=c1", "&cursor=c2"].map((turned) => `/instances?status=running&limit=2${turned}`),
  );
});

test("walking asks for no page that is not wanted", async (t) => {
  const stage = await staged(t, () => ({ body: { items: [{ id: "a" }], nextCursor: "more" } }));

  for await (const each of stage.client().instances.list()) {
    assert.equal(each.id, "a");
    break;
  }

  assert.equal(stage.asked.length, 1);
});

test("a log is walked to what was last for now", async (t) => {
  const slices = [
    { items: [{ number: 1 }], after: 7, isLast: false },
    { items: [], after: 9, isLast: true },
  ];
  const stage = await staged(t, ({ path }) => ({ body: slices[path.includes("after=7") ? 1 : 0] }));

  const found = await stage.client().events.list({ after: 0 }).all();

  assert.equal(found.length, 1);
  assert.deepEqual(
    stage.asked.map(({ path }) => path),
    ["/events?after=0", "/events?after=7"],
  );
});

test("a read that became an operation is answered with what was read", async (t) => {
  const stage = await staged(t, ({ path }) =>
    path.startsWith("/operations/")
      ? { body: operation({ ...ENDED, result: { items: [{ id: 3 }], nextCursor: null } }) }
      : { status: 202, body: operation() },
  );

  assert.deepEqual(await stage.client().stores.list({ instance: "ins_1" }).all(), [{ id: 3 }]);
});

test("a verification is followed to its end, through words that nobody knows", async (t) => {
  const states = [
    operation({ status: "wordOfNextYear", updateTime: "1" }),
    operation({ status: "running", updateTime: "1b", percentProgress: 50, fieldOfNextYear: {} }),
    operation({ ...ENDED, result: { finished: true } }),
  ];
  const stage = await staged(t, ({ path }, number) =>
    path.startsWith("/operations/")
      ? { body: states[number + 1] }
      : { status: 202, body: states[0] },
  );
  const seen: OperationState[] = [];

  const begun = stage
    .client()
    .stores.verify({ instance: "ins_1", store: 3 }, {}, { wait: 0, priority: 6 });
  const handle = await begun;
  assert.deepEqual([handle.id, handle.isDone], ["op_1", false]);
  const run = await handle.wait({ onProgress: (state) => seen.push(state) });

  assert.equal(run.finished, true);
  assert.deepEqual(
    seen.map(({ percentProgress }) => percentProgress),
    [null, 50, null],
  );
  const [first] = stage.asked;
  assert.equal(first!.path, "/instances/ins_1/stores/3/verify");
  assert.equal(first!.headers["prefer"], "wait=0");
  assert.equal(first!.headers["priority"], "u=6");
});

test("an operation whose id was kept is taken up again", async (t) => {
  const states = [operation(), operation({ ...ENDED, result: { finished: true } })];
  const stage = await staged(t, (_, number) => ({ body: states[number] }));

  const kept = await stage.client().operation<{ finished: boolean }>("op_1");

  assert.equal(kept.isDone, false);
  assert.deepEqual(await kept.wait(), { finished: true });
});

test("what is done at once has no operation, and its result", async (t) => {
  const stage = await staged(t, () => ({ status: 201, body: { id: "ins_1" } }));

  const handle = await stage.client().instances.create({ instanceID: "acme", displayName: "Acme" });

  assert.deepEqual([handle.id, handle.isDone], [undefined, true]);
  assert.equal((await handle.wait()).id, "ins_1");
});

for (const status of ["failed", "cancelled", "unknown", "wordOfNextYear"]) {
  test(`an operation that ended as ${status} is an error`, async (t) => {
    const stage = await staged(t, ({ path }) =>
      path.startsWith("/operations/")
        ? { body: operation({ status, endTime: "2", updateTime: "2" }) }
        : { status: 202, body: operation() },
    );

    const end = stage.client().instances.start({ instance: "ins_1" }).wait();

    await assert.rejects(end, (error) => {
      assert(error instanceof OperationFailed);
      assert.equal(error.code, `OPERATION_${status.toUpperCase()}`);
      assert.equal(error.state.status, status);
      assert.equal(error.operation, "op_1");
      return true;
    });
  });
}

test("the problem of a failed operation is that of the error", async (t) => {
  const failed = operation({
    status: "failed",
    endTime: "2",
    problem: { code: "COMMAND_FAILED", detail: "No.", status: 502, retryable: false },
  });
  const stage = await staged(t, () => ({ status: 202, body: failed }));

  await assert.rejects(stage.client().instances.start({ instance: "ins_1" }).wait(), {
    code: "COMMAND_FAILED",
    status: 502,
  });
});

test("a rehearsal is answered with nothing, and asks for nothing more", async (t) => {
  const stage = await staged(t, () => ({ status: 204 }));

  const told: void = await stage
    .client()
    .stores.create({ instance: "ins_1" }, { name: "x" }, { validateOnly: true });

  assert.equal(told, undefined);
  assert.equal(stage.asked[0]!.path, "/instances/ins_1/stores?validateOnly=true");
});

test("what was read knows its version, and only that is changed", async (t) => {
  const stage = await staged(t, () => ({ body: { id: "res_1" }, headers: { ETag: '"v1"' } }));
  const gateway = stage.client();

  const read = await gateway.resellers.get({ reseller: "res_1" });
  await gateway.resellers.update(
    { reseller: "res_1" },
    { name: "New" },
    { ifMatch: etagOf(read) ?? "", onBehalfOf: "jane" },
  );

  assert.equal(stage.asked[1]!.headers["if-match"], '"v1"');
  assert.equal(stage.asked[1]!.headers["on-behalf-of"], "jane");
  assert.deepEqual(Object.keys(read), ["id"]);
});

test("members of a path are escaped", async (t) => {
  const stage = await staged(t, () => ({ body: {} }));

  await stage.client().users.get({ instance: "ins_1", user: "a/b ü" });

  assert.equal(stage.asked[0]!.path, "/instances/ins_1/users/a%2Fb%20%C3%BC");
});

test("each call names the version of the contract", async (t) => {
  const stage = await staged(t, () => ({ body: {} }));

  await stage.client().me.get();

  assert.match(String(stage.asked[0]!.headers["spe-gateway-version"]), /^\d{4}-\d\d-\d\d$/);
});

test("a stream goes on after a break where it was, and with a new token after its end", async (t) => {
  const parts = [
    'event: position\nid: 4\ndata: {"number":4}\n\nevent: event\nid: 5\ndata: {"number":5}\n\nevent: eve',
    ': alive\n\nevent: event\r\nid: 6\r\ndata: {"number":6}\r\n\r\nevent: problem\ndata: {"status":401}\n\n',
    'event: event\nid: 7\ndata: {"number":7}\n\n',
  ];
  const stage = await staged(t, (_, number) => (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(parts[number]);
    setTimeout(() => (number ? response.end() : response.destroy()), 50);
  });
  let tokens = 0;
  const seen: number[] = [];

  for await (const event of stage
    .client({ token: () => `token-${(tokens += 1)}` })
    .events.stream()) {
    seen.push(event.number);
    if (event.number === 7) break;
  }

  assert.deepEqual(seen, [5, 6, 7]);
  assert.deepEqual(
    stage.asked.map(({ headers }) => headers["last-event-id"]),
    [undefined, "5", "6"],
  );
  assert.equal(stage.asked[2]!.headers.authorization, "Bearer token-2");
});

test("a stream that the gateway ends for good is a problem", async (t) => {
  const stage = await staged(t, () => ({
    headers: { "Content-Type": "text/event-stream" },
    text: 'event: problem\ndata: {"status":403,"code":"RESELLER_SUSPENDED"}\n\n',
  }));

  const followed = stage.client().events.stream()[Symbol.asyncIterator]();

  await assert.rejects(followed.next(), { code: "RESELLER_SUSPENDED" });
});

test("an operation's stream ends with its end", async (t) => {
  const stage = await staged(t, () => ({
    headers: { "Content-Type": "text/event-stream" },
    text: 'event: log\nid: 1\ndata: {"text":"500 messages"}\n\nevent: end\nid: 2\ndata: {"id":"op_1"}\n\n',
  }));
  const seen: string[] = [];

  for await (const { event } of stage.client().operations.stream({ operation: "op_1" }))
    seen.push(event);

  assert.deepEqual(seen, ["log", "end"]);
});
